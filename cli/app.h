/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_APP_H
#define VDEVCTL_APP_H

#include <libvdev/libvdev.h>
#include <sys/resource.h>

#include "command.h"
#include "error.h"
#include "output.h"
#include "session.h"

/* One command, with all it was given and has to say. */
struct app {
	struct arguments args;
	struct vdev_ctx *ctx;
	struct output out;
	struct failure failure;

	/* The global options. */
	bool json;
	bool dry_run;
	bool quiet;
	unsigned int verbose; /* how often it was given */

	/* What main() changed of the process, for who starts a program. */
	struct rlimit files; /* rlim_max is 0 if nothing */
	bool ignored_pipes;  /* SIGPIPE was ignored before */

	/* Of a line of a batch or a shell; NULL on the command line. */
	struct session *session;
	const struct app *outer; /* the batch's or the shell's own */
	bool has_references;	 /* it names objects of the session */

	/* The VF token that options name, once it was needed; see secret.h. */
	struct vdev_vf_token *token;
	/* Several devices are opened, not all of which may need it. */
	bool several;
};

/* Runs the command that was parsed. Return: 0, or -1 after app_fail(). */
int app_run(struct app *app);
/* Writes what it printed; what was printed before a failure stands. */
void app_write(struct app *app);
void app_close(struct app *app);

/* The context's messages are those of this command from here on. */
void app_log_to(struct app *app);

/* A message on stderr that is not an error; silent with --quiet. */
void app_warn(const struct app *app, const char *fmt, ...) PRINTF(2, 3);
/*
 * Lets `add` add to an array what each operand names or, without any, what NULL
 * stands for. Return: 0, or the first failure.
 */
int app_add_operands(struct app *app,
		     int (*add)(struct app *app, const char *operand,
				json_object *array),
		     json_object *array);
/*
 * An array as a document, or as output_table() does it, without headings for
 * --no-header; the warning `none` in place of an empty table.
 */
void app_print_list(struct app *app, json_object *array,
		    const struct column *columns, const char *const *keys,
		    size_t count, const char *none);

/* Commands: 0, or -1 after app_fail(). */
int device_list(struct app *app);
int device_show(struct app *app);
int group_list(struct app *app);
int group_show(struct app *app);
int bind_bind(struct app *app);
int bind_unbind(struct app *app);
int bind_restore(struct app *app);
int sriov_list(struct app *app);
int sriov_show(struct app *app);
int sriov_set(struct app *app);
int sriov_clear(struct app *app);
int vf_show(struct app *app);
int vf_set(struct app *app);
int eswitch_show(struct app *app);
int eswitch_set(struct app *app);
int port_list(struct app *app);
int port_show(struct app *app);
int port_set(struct app *app);
int rate_list(struct app *app);
int rate_add(struct app *app);
int rate_set(struct app *app);
int rate_remove(struct app *app);
int devlink_show(struct app *app);
int devlink_params(struct app *app);
int devlink_set(struct app *app);
int devlink_reload(struct app *app);
int devlink_list_command(struct app *app);
int mdev_types(struct app *app);
int mdev_list(struct app *app);
int mdev_show(struct app *app);
int mdev_create(struct app *app);
int mdev_remove(struct app *app);
int mdev_define(struct app *app);
int mdev_undefine(struct app *app);
int mdev_modify(struct app *app);
int mdev_start(struct app *app);
int mdev_autostart(struct app *app);
int mdev_watch(struct app *app);
int collect_collect(struct app *app);
int completion_print(struct app *app);
int batch_batch(struct app *app);
int shell_shell(struct app *app);
int session_objects(struct app *app);
int session_drop_command(struct app *app);
int session_exit(struct app *app);
int iommu_open(struct app *app);
int iommu_import(struct app *app);
int ioas_alloc(struct app *app);
int ioas_import(struct app *app);
int ioas_map(struct app *app);
int ioas_unmap(struct app *app);
int ioas_copy(struct app *app);
int ioas_ranges(struct app *app);
int ioas_allow(struct app *app);
int memory_alloc(struct app *app);
int memory_file(struct app *app);
int memory_fill(struct app *app);
int memory_write(struct app *app);
int memory_read(struct app *app);
int memory_dump(struct app *app);
int memory_checksum(struct app *app);
int hwpt_alloc(struct app *app);
int hwpt_import(struct app *app);
int hwpt_invalidate(struct app *app);
int fault_alloc(struct app *app);
int fault_read(struct app *app);
int fault_answer(struct app *app);
int viommu_alloc(struct app *app);
int viommu_device(struct app *app);
int viommu_invalidate(struct app *app);
int viommu_events(struct app *app);
int viommu_read(struct app *app);
int viommu_queue(struct app *app);
int dirty_start(struct app *app);
int dirty_report(struct app *app);
int dirty_watch(struct app *app);
int dirty_stop(struct app *app);
int held_open(struct app *app);
int held_import(struct app *app);
int held_attach(struct app *app);
int held_detach(struct app *app);
int pasid_alloc(struct app *app);
int pasid_attach(struct app *app);
int pasid_replace(struct app *app);
int pasid_detach(struct app *app);
int pasid_detach_all(struct app *app);
int pasid_list(struct app *app);
int exec_exec(struct app *app);
int help_help(struct app *app);
int aux_list(struct app *app);
int aux_show(struct app *app);
int aux_attach(struct app *app);
int aux_detach(struct app *app);
int aux_pasid(struct app *app);
int token_generate(struct app *app);
int token_set(struct app *app);
int token_check(struct app *app);
int token_state(struct app *app);
int token_store(struct app *app);
int token_list(struct app *app);
int token_forget(struct app *app);
int config_read(struct app *app);
int config_write(struct app *app);
int iommu_info(struct app *app);
int iommu_memlock(struct app *app);
int iommu_ranges(struct app *app);
int migrate_info(struct app *app);
int migrate_load(struct app *app);
int migrate_receive(struct app *app);
int migrate_save(struct app *app);
int migrate_send(struct app *app);
int migrate_set(struct app *app);
int migrate_verify(struct app *app);
int irq_list(struct app *app);
int irq_test(struct app *app);
int reset_reset(struct app *app);
int region_list(struct app *app);
int region_read(struct app *app);
int region_write(struct app *app);
int region_dump(struct app *app);

/* The help of what the command line names so far. */
int help_print(struct app *app, const struct command *command,
	       const char *object);

/* The words of options and operands; NULL-terminated. */
const char *const *device_columns(void);
const char *const *bind_checks(void);
const char *const *bind_purposes(void);
const char *const *sriov_switch(void);
const char *const *mdev_starts(void);
const char *const *eswitch_modes(void);
const char *const *eswitch_inline_modes(void);
const char *const *eswitch_encap_modes(void);
const char *const *port_states(void);
const char *const *devlink_param_modes(void);
const char *const *devlink_actions(void);
const char *const *devlink_limits(void);
const char *const *completion_shells(void);
const char *const *open_backends(void);
const char *const *iommu_accountings(void);
const char *const *ioas_switches(void);
const char *const *ioas_accesses(void);
const char *const *hwpt_types(void);
const char *const *viommu_invalidations(void);
const char *const *viommu_types(void);
const char *const *viommu_queue_types(void);

#endif
