/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_HWPT_H
#define VDEVCTL_HWPT_H

#include "session.h"

/* Hardware page tables as objects of a session. */
extern const struct object_type hwpt_type;

#endif
