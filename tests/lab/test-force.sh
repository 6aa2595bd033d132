#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# host
# timeout: 400
#
# Each refusal gives way to its own --force, one guest for each case.
DIR=${BASH_SOURCE[0]%/*}
. "$DIR/tap.sh"

forced() {
	local case=$1 profile=$2
	t_run "$case: bound with its own force" 0 \
		"$DIR/../../scripts/lab" --profile "$profile" -- \
		bash "$(realpath "$DIR")/force-case.sh" "$case"
	t_like '^bound |'$'\n''bound ' "$T_OUT" "$case: and nothing else needed"
}

for case in address enslaved namespace mounted mapped vfs open; do
	forced "$case" default
done
forced group group

t_done
