/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROCESSOR_H
#define PROCESSOR_H

#include <linux/kvm.h>

/*
 * What makes the processor go on elsewhere. The built-in guest uses no more: a
 * real one has floating point and vectors (KVM_GET_XSAVE2), model-specific and
 * debug registers, and timers, too.
 */
struct processor {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_lapic_state apic; /* with interrupts not taken yet */
	struct kvm_vcpu_events events;
	struct kvm_mp_state run_state;
};

/* Of vm_processor(), which is not running. Return 0 or -errno, having said why.
 */
int processor_save(int fd, struct processor *ret);
int processor_load(int fd, const struct processor *state);

#endif
