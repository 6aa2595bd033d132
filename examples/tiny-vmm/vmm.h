/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMM_H
#define VMM_H

#include <libvdev/libvdev.h>

#include <pthread.h>
#include <time.h>

#include "options.h"
#include "pci.h"
#include "platform.h"
#include "vm.h"

/* All that there is, freed in the opposite order. */
struct machine {
	struct vm *vm;
	struct vdev_ctx *ctx;
	struct vdev_file *file;
	struct vdev_ioas *ioas;
	struct vdev_hwpt *hwpt; /* with dirty tracking, if it may be needed */
	struct pci *pci;	/* this or the next */
	struct platform *platform;
	struct timespec start;
	uint32_t pci_address;
	uint32_t moves;
	bool moving; /* the guest is told of moves */
	uint8_t status;
	/*
	 * The library is used by one thread at a time: that of the processor,
	 * in accesses, and that of a migration take turns.
	 */
	pthread_mutex_t lock;
};

/* Runs the guest until it ends, or vm_pause(). */
int machine_run(struct machine *m);

/* What the guest's clock shows. */
uint32_t machine_clock_ms(const struct machine *m);
void machine_set_clock(struct machine *m, uint32_t ms);

/* --- move_out.c, move_in.c: both ends of a migration */

/*
 * Runs the guest, and lets it go to whoever connects to a socket. Returns when
 * it ended, here, or went.
 */
int move_out(struct machine *m, const struct options *options);
/* Takes a guest from there. It is ready to run then. */
int move_in(struct machine *m, const struct options *options);

#endif
