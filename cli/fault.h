/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_FAULT_H
#define VDEVCTL_FAULT_H

#include "session.h"

/* Queues of page faults as objects of a session. */
extern const struct object_type fault_type;

#endif
