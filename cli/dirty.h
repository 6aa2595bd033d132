/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_DIRTY_H
#define VDEVCTL_DIRTY_H

#include "session.h"

/* What tracks dirty pages, as an object of a session. */

extern const struct object_type dirty_type;

#endif
