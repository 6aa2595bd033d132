/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The state of the processor, read and set. */

#include "processor.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vm.h"

int processor_save(int fd, struct processor *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (ioctl(fd, KVM_GET_MP_STATE, &ret->run_state) ||
	    ioctl(fd, KVM_GET_REGS, &ret->regs) ||
	    ioctl(fd, KVM_GET_SREGS, &ret->sregs) ||
	    ioctl(fd, KVM_GET_LAPIC, &ret->apic) ||
	    ioctl(fd, KVM_GET_VCPU_EVENTS, &ret->events))
		return complain(-errno, "cannot read the processor: %s",
				strerror(errno));
	return 0;
}

/* The APIC comes after the register that says where it is. */
int processor_load(int fd, const struct processor *state)
{
	if (ioctl(fd, KVM_SET_SREGS, &state->sregs) ||
	    ioctl(fd, KVM_SET_REGS, &state->regs) ||
	    ioctl(fd, KVM_SET_LAPIC, &state->apic) ||
	    ioctl(fd, KVM_SET_VCPU_EVENTS, &state->events) ||
	    ioctl(fd, KVM_SET_MP_STATE, &state->run_state))
		return complain(-errno, "cannot set the processor: %s",
				strerror(errno));
	return 0;
}
