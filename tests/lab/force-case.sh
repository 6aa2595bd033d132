#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One forced bind, in the guest: force-case.sh CASE. Run by test-force.sh, each
# in a guest of its own, because what it does may break the guest.
set -eu
. "${BASH_SOURCE[0]%/*}/cases.sh"
case=$1
dev=$("case_${case}_device")
"case_${case}_setup"
vdevctl bind "$dev" --force="${CASE_CHECK[$case]}"
[ "$(driver_of "$dev")" = vfio-pci ]
echo "bound $dev"
