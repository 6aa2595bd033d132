/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/token.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakevfio.h"
#include "scripted.h"

#define TEXT	"00112233-4455-6677-8899-aabbccddeeff"
#define MIXED	"00112233-4455-6677-8899-aAbBcCdDeEfF"
#define PF	"0000:01:00.0"
#define VF	"0000:01:10.0"
#define STORED	"/etc/vdev/tokens/" PF
#define CAP_DSN 0x03

static void is_counting(const struct vdev_vf_token *token)
{
	for (unsigned int i = 0; i < sizeof(token->bytes); i++)
		assert_int_equal(token->bytes[i], i * 0x11);
}

/* --- Text and memory */

static void test_text(void **state)
{
	struct vdev_vf_token token = { { 7 } };
	char text[VDEV_VF_TOKEN_TEXT];

	(void)state;
	assert_int_equal(vdev_vf_token_parse("", &token), -EINVAL);
	assert_int_equal(vdev_vf_token_parse(TEXT "0", &token), -EINVAL);
	assert_int_equal(
		vdev_vf_token_parse("00112233-4455-6677-8899-aabbccddeefg",
				    &token),
		-EINVAL);
	assert_int_equal(
		vdev_vf_token_parse("0011223304455-6677-8899-aabbccddeeff",
				    &token),
		-EINVAL);
	assert_int_equal(token.bytes[0], 7);
	assert_int_equal(vdev_vf_token_parse(MIXED, &token), 0);
	is_counting(&token);
	vdev_vf_token_format(&token, text);
	assert_string_equal(text, TEXT);
	vdev_vf_token_clear(&token);
	assert_int_equal(token.bytes[15], 0);
}

/* "dd" among the flags of the mapping in /proc/self/smaps. */
static bool is_undumped(const void *address)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long first, last, at = (unsigned long)address;
	bool here = false, found = false;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
			here = at >= first && at < last;
		else if (here && str_starts(line, "VmFlags:"))
			found = strstr(line, " dd");
	}
	fclose(f);
	return found;
}

static void test_memory(void **state)
{
	struct vdev_vf_token *token = NULL;
	struct vdev_ctx *ctx;
	struct scripted script;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_int_equal(vdev_vf_token_new(ctx, &token), 0);
	assert_int_equal(token->bytes[0], 0);
	assert_true(is_undumped(token));
	assert_false(is_undumped(ctx));
	token = vdev_vf_token_free(token);
	assert_null(token);
	assert_null(vdev_vf_token_free(NULL));

	SCRIPT(&script, &ctx->sys,
	       SCRIPT_RANDOM("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
			     "\xff\xff\xff\xff"),
	       SCRIPT_FAIL(random, NULL, ENOSYS));
	/* It keeps the context. */
	assert_int_equal(vdev_vf_token_new(ctx, &token), 0);
	assert_int_equal(vdev_vf_token_generate(ctx, token), 0);
	assert_int_equal(token->bytes[5], 0xff);
	assert_int_equal(token->bytes[6], 0x4f);
	assert_int_equal(token->bytes[8], 0xbf);
	assert_int_equal(vdev_vf_token_generate(ctx, token), -ENOSYS);
	assert_int_equal(token->bytes[0], 0xff);
	vdev_ctx_unref(ctx);
	vdev_vf_token_free(token);
}

static void test_random(void **state)
{
	struct vdev_vf_token a, b;
	struct vdev_ctx *ctx;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_int_equal(vdev_vf_token_generate(ctx, &a), 0);
	assert_int_equal(vdev_vf_token_generate(ctx, &b), 0);
	assert_memory_not_equal(&a, &b, sizeof(a));
	vdev_ctx_unref(ctx);
}

/* --- Reading */

static struct vdev_ctx *ctx_new(void **state)
{
	struct vdev_ctx *ctx;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	return ctx;
}

#define says(ctx, text) assert_non_null(strstr(vdev_ctx_last_error(ctx), text))

/* No part of a message may be part of a token. */
static void says_no_token(struct vdev_ctx *ctx)
{
	assert_null(strstr(vdev_ctx_last_error(ctx), "4455"));
}

static int read_text(struct vdev_ctx *ctx, const char *text, size_t size,
		     mode_t mode, unsigned int flags,
		     struct vdev_vf_token *token)
{
	int fd = memfd_create("token", MFD_CLOEXEC);
	int ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	ret = vdev_vf_token_read(ctx, fd, "secrets.txt", flags, token);
	close(fd);
	return ret;
}

static void test_read(void **state)
{
	static const char *const good[] = { TEXT, TEXT "\n",
					    "\n " MIXED "\t \n", MIXED "\r\n" };
	static const char *const bad[] = { "",
					   "\n",
					   TEXT TEXT,
					   TEXT "\n" TEXT,
					   ("uuid=" TEXT),
					   "00112233-4455" };
	struct vdev_ctx *ctx = ctx_new(state);
	struct vdev_vf_token token = { { 0 } };
	char large[300];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		token.bytes[3] = 0;
		assert_int_equal(read_text(ctx, good[i], strlen(good[i]), 0600,
					   0, &token),
				 0);
		is_counting(&token);
	}
	token.bytes[0] = 9;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(
			read_text(ctx, bad[i], strlen(bad[i]), 0400, 0, &token),
			-EINVAL);
		says(ctx, "secrets.txt holds no VF token");
		says_no_token(ctx);
	}
	snprintf(large, sizeof(large), "%-299s", TEXT);
	assert_int_equal(read_text(ctx, large, sizeof(large), 0600, 0, &token),
			 -EINVAL);
	assert_int_equal(
		read_text(ctx, TEXT "\0", sizeof(TEXT) + 1, 0600, 0, &token),
		-EINVAL);
	assert_int_equal(token.bytes[0], 9);
	vdev_ctx_unref(ctx);
}

static void test_read_rights(void **state)
{
	static const mode_t open_modes[] = { 0640, 0604, 0620, 0602, 0660 };
	struct vdev_ctx *ctx = ctx_new(state);
	struct vdev_vf_token token = { { 0 } };
	int fds[2];

	for (size_t i = 0; i < ARRAY_SIZE(open_modes); i++) {
		assert_int_equal(read_text(ctx, TEXT, strlen(TEXT),
					   open_modes[i], 0, &token),
				 -EACCES);
		assert_int_equal(vdev_ctx_last_kind(ctx),
				 VDEV_ERROR_PERMISSION);
		says(ctx, "others than its owner");
	}
	assert_int_equal(token.bytes[1], 0);
	assert_int_equal(read_text(ctx, TEXT, strlen(TEXT), 0644,
				   VDEV_VF_TOKEN_INSECURE, &token),
			 0);
	is_counting(&token);
	/* A pipe has no rights that matter. */
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], TEXT, strlen(TEXT)), strlen(TEXT));
	close(fds[1]);
	assert_int_equal(vdev_vf_token_read(ctx, fds[0], "pipe", 0, &token), 0);
	is_counting(&token);
	close(fds[0]);
	assert_int_equal(vdev_vf_token_read(ctx, fds[0], "pipe", 0, &token),
			 -EBADF);
	vdev_ctx_unref(ctx);
}

static void test_key(void **state)
{
	static const struct {
		int error;
		int result;
		const char *says;
	} errors[] = {
		{ ENOKEY, -ENOENT, "there is no key 'pf'" },
		{ EKEYEXPIRED, -EACCES, "cannot be used" },
		{ EKEYREVOKED, -EACCES, "cannot be used" },
		{ EACCES, -EACCES, "may not read" },
		{ ENOSYS, -EOPNOTSUPP, "keeps no keys" },
		{ EIO, -EIO, "cannot read the key" },
	};
	struct vdev_ctx *ctx = ctx_new(state);
	struct vdev_vf_token token = { { 0 } };
	struct scripted script;

	SCRIPT(&script, &ctx->sys, SCRIPT_READ_KEY("pf", MIXED "\n"),
	       SCRIPT_READ_KEY("pf", TEXT TEXT), SCRIPT_READ_KEY("pf", ""));
	assert_int_equal(vdev_vf_token_read_key(ctx, "pf", &token), 0);
	is_counting(&token);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vdev_vf_token_read_key(ctx, "pf", &token),
				 -EINVAL);
		says(ctx, "the key 'pf' holds no VF token");
		says_no_token(ctx);
	}
	scripted_done(&script);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		SCRIPT(&script, &ctx->sys,
		       SCRIPT_FAIL(read_key, "pf", errors[i].error));
		assert_int_equal(vdev_vf_token_read_key(ctx, "pf", &token),
				 errors[i].result);
		says(ctx, errors[i].says);
		scripted_done(&script);
	}
	vdev_ctx_unref(ctx);
}

/* --- Devices */

static void test_use(void **state)
{
	struct vfio_setup *s = *state;

	assert_int_equal(vdev_device_vf_token_use(s->dev),
			 VDEV_VF_TOKEN_UNUSED);
	tree_attr(s->t, FAKE_ADDRESS, "sriov_totalvfs", "7\n");
	vdev_device_refresh(s->dev);
	assert_int_equal(vdev_device_vf_token_use(s->dev), VDEV_VF_TOKEN_SETS);
	tree_drop_attr(s->t, FAKE_ADDRESS, "sriov_totalvfs");
	tree_pci(s->t, "pci0000:00", "0000:01:00.1", 0x8086, 0x10c9, 0x020000);
	tree_attr_link(s->t, FAKE_ADDRESS, "physfn", "../0000:01:00.1");
	vdev_device_refresh(s->dev);
	assert_int_equal(vdev_device_vf_token_use(s->dev),
			 VDEV_VF_TOKEN_UNUSED);
	tree_driver(s->t, "0000:01:00.1", "vfio-pci");
	tree_vfio(s->t, "0000:01:00.1", 1, true, "13");
	assert_int_equal(vdev_device_vf_token_use(s->dev),
			 VDEV_VF_TOKEN_NEEDED);
	tree_drop_attr(s->t, FAKE_ADDRESS, "driver");
	tree_driver(s->t, FAKE_ADDRESS, "igbvf");
	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	vdev_device_refresh(s->dev);
	assert_int_equal(vdev_device_vf_token_use(s->dev),
			 VDEV_VF_TOKEN_UNUSED);
}

static void test_demand(void **state)
{
	static const char *const words[] = { "none", "optional", "required" };
	const char *file = "vfio-dev/vfio0/vf_token";
	struct vfio_setup *s = *state;

	assert_int_equal(vdev_device_vf_token_demand(s->dev), -EOPNOTSUPP);
	vfio_says(s, "has no /sys/class/vfio-dev/vfio0/vf_token");
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "kernel-patches"));
	for (int i = 0; i < (int)ARRAY_SIZE(words); i++) {
		tree_attr(s->t, FAKE_ADDRESS, file, words[i]);
		assert_int_equal(vdev_device_vf_token_demand(s->dev), i);
		assert_string_equal(
			vdev_vf_token_demand_name((enum vdev_vf_token_demand)i),
			words[i]);
	}
	assert_null(vdev_vf_token_demand_name((enum vdev_vf_token_demand)3));
	tree_attr(s->t, FAKE_ADDRESS, file, "perhaps\n");
	assert_int_equal(vdev_device_vf_token_demand(s->dev), -EIO);
	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	vdev_device_refresh(s->dev);
	assert_int_equal(vdev_device_vf_token_demand(s->dev), -ENODATA);
	vfio_says(s, "is not bound to a VFIO driver");
}

static void test_checked(void **state)
{
	struct vfio_setup *s = *state;

	assert_int_equal(vdev_device_vf_token_checked(s->dev), 1);
	s->fv.no_tokens = true;
	assert_int_equal(vdev_device_vf_token_checked(s->dev), 0);
	s->fv.no_tokens = false;
	assert_false(s->fv.bound);
	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_device_vf_token_checked(s->dev), -EBUSY);
	s->fv.open_error = EACCES;
	assert_int_equal(vdev_device_vf_token_checked(s->dev), -EACCES);
	s->fv.open_error = 0;
	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	tree_vfio(s->t, FAKE_ADDRESS, 0, false, NULL);
	vdev_device_refresh(s->dev);
	assert_int_equal(vdev_device_vf_token_checked(s->dev), -ENODATA);
}

/* --- Stored ones */

struct store {
	struct tree *t;
	struct vdev_ctx *ctx;
	struct vdev_device *pf;
	struct vdev_device *vf;
};

/* A configuration space whose one extended capability is a serial number. */
static void add_serial(const struct tree *t, const char *address, uint8_t last)
{
	uint8_t config[4096] = { 0x86, 0x80, 0xc9, 0x10 };
	_auto_free_ char *path = NULL;

	config[6] = 0x10;
	config[0x34] = 0x40;
	config[0x40] = 0x10; /* PCI Express */
	config[0x100] = CAP_DSN;
	config[0x102] = 1;
	for (uint8_t i = 0; i < 8; i++)
		config[0x104 + i] = (uint8_t)(last + i);
	assert_true(asprintf(&path, "/sys/devices/pci0000:00/%s/config",
			     address) > 0);
	tree_bytes(t, path, config, sizeof(config));
}

static int set_up_store(void **state)
{
	struct store *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->t = tree_new();
	tree_pci(s->t, "pci0000:00", PF, 0x8086, 0x10c9, 0x020000);
	tree_attr(s->t, PF, "sriov_totalvfs", "7\n");
	add_serial(s->t, PF, 0x20);
	tree_pci(s->t, "pci0000:00", VF, 0x8086, 0x10ca, 0x020000);
	tree_attr_link(s->t, VF, "physfn", "../" PF);
	s->ctx = tree_ctx(s->t);
	assert_int_equal(vdev_device_find(s->ctx, PF, &s->pf), 0);
	assert_int_equal(vdev_device_find(s->ctx, VF, &s->vf), 0);
	*state = s;
	return 0;
}

static int tear_down_store(void **state)
{
	struct store *s = *state;

	vdev_device_unref(s->pf);
	vdev_device_unref(s->vf);
	vdev_ctx_unref(s->ctx);
	tree_free(s->t);
	free(s);
	return 0;
}

static void store_counting(struct vdev_device *dev)
{
	struct vdev_vf_token token;

	assert_int_equal(vdev_vf_token_parse(TEXT, &token), 0);
	assert_int_equal(vdev_vf_token_store(dev, &token), 0);
}

static void test_store(void **state)
{
	static const char *const text =
		"vdev token 1\naddress=" PF "\nvendor=0x8086\ndevice=0x10c9\n"
		"serial=27-26-25-24-23-22-21-20\ntoken=" TEXT "\n";
	struct store *s = *state;
	struct vdev_vf_token token = { { 0 } };
	_auto_free_ char *found = NULL;
	struct stat st;

	assert_int_equal(vdev_vf_token_load(s->pf, &token), -ENOENT);
	says(s->ctx, "no VF token is stored for " PF);
	store_counting(s->pf);
	assert_int_equal(vdev_sys_stat(&s->ctx->sys, STORED, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(vdev_sys_stat(&s->ctx->sys, "/etc/vdev/tokens", &st),
			 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(vdev_sys_read_text(&s->ctx->sys, VDEV_SYS_ROOT, STORED,
				       &found) > 0);
	assert_string_equal(found, text);
	assert_int_equal(vdev_vf_token_load(s->pf, &token), 0);
	is_counting(&token);

	/* The VF's is its PF's. */
	vdev_vf_token_clear(&token);
	assert_int_equal(vdev_vf_token_load(s->vf, &token), 0);
	is_counting(&token);
	token.bytes[0] = 0xab;
	assert_int_equal(vdev_vf_token_store(s->vf, &token), 0);
	vdev_vf_token_clear(&token);
	assert_int_equal(vdev_vf_token_load(s->pf, &token), 0);
	assert_int_equal(token.bytes[0], 0xab);

	assert_int_equal(vdev_vf_token_forget(s->ctx, "01:00.0"), 0);
	assert_int_equal(vdev_vf_token_load(s->pf, &token), -ENOENT);
	assert_int_equal(vdev_vf_token_forget(s->ctx, PF), -ENOENT);
	assert_int_equal(vdev_vf_token_forget(s->ctx, "../x"), -EINVAL);
}

static void test_store_nothing(void **state)
{
	struct store *s = *state;
	struct vdev_vf_token token = { { 1 } };
	struct vdev_device *dev;

	tree_pci(s->t, "pci0000:00", "0000:02:00.0", 1, 2, 0x010802);
	assert_int_equal(vdev_device_find(s->ctx, "0000:02:00.0", &dev), 0);
	assert_int_equal(vdev_vf_token_store(dev, &token), -EOPNOTSUPP);
	says(s->ctx, "neither a PF with VFs nor a VF");
	assert_int_equal(vdev_vf_token_load(dev, &token), -EOPNOTSUPP);
	assert_int_equal(token.bytes[0], 1);
	vdev_device_unref(dev);
}

/* Another device at the address does not get it. */
static void test_identity(void **state)
{
	struct store *s = *state;
	struct vdev_vf_token token = { { 0 } };

	store_counting(s->pf);
	add_serial(s->t, PF, 0x40);
	vdev_device_refresh(s->pf);
	assert_int_equal(vdev_vf_token_load(s->pf, &token), -ESTALE);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_IN_USE);
	says(s->ctx, "serial 27-26-25-24-23-22-21-20, and 8086:10c9, serial "
		     "47-46-45-44-43-42-41-40 is there now");
	/* The same number on another kind of device. */
	tree_file(s->t, STORED,
		  "vdev token 1\naddress=" PF "\nvendor=0x8086\ndevice=0x1572\n"
		  "serial=47-46-45-44-43-42-41-40\ntoken=" TEXT "\n");
	assert_int_equal(vdev_vf_token_load(s->pf, &token), -ESTALE);
	store_counting(s->pf);
	assert_int_equal(token.bytes[1], 0);
	assert_int_equal(vdev_vf_token_load(s->pf, &token), 0);
}

static void stored_mode(const struct store *s, mode_t mode)
{
	assert_int_equal(s->ctx->sys.ops->chmod(&s->ctx->sys, STORED, mode), 0);
}

static void test_damaged(void **state)
{
#define HEAD "vdev token 1\naddress=" PF "\nvendor=0x8086\ndevice=0x10c9\n"
	static const char *const texts[] = {
		"",
		"vdev token 2\n",
		HEAD,
		HEAD "serial=\n",
		HEAD "serial=\ntoken=" TEXT,
		HEAD "serial=\ntoken=" TEXT "\n\n",
		HEAD "serial=\ntoken=" TEXT "0\n",
		HEAD "serial=xx\ntoken=" TEXT "\n",
		HEAD "token=" TEXT "\nserial=\n",
		"vdev token 1\naddress=0000:02:00.0\nvendor=0x8086\n"
		"device=0x10c9\nserial=\ntoken=" TEXT "\n",
		"vdev token 1\naddress=" PF "\nvendor=8086\ndevice=0x10c9\n"
		"serial=\ntoken=" TEXT "\n",
	};
	struct store *s = *state;
	struct vdev_vf_token token = { { 0 } };
	struct vdev_vf_token_list *list;
	char large[1000];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_file(s->t, STORED, texts[i]);
		stored_mode(s, 0600);
		assert_int_equal(vdev_vf_token_load(s->pf, &token), -EBADMSG);
		says_no_token(s->ctx);
	}
	snprintf(large, sizeof(large), HEAD "serial=\ntoken=" TEXT "\n%800s",
		 "");
	tree_file(s->t, STORED, large);
	stored_mode(s, 0600);
	assert_int_equal(vdev_vf_token_load(s->pf, &token), -EBADMSG);
	store_counting(s->pf);
	stored_mode(s, 0640);
	assert_int_equal(vdev_vf_token_load(s->pf, &token), -EBADMSG);
	assert_int_equal(vdev_vf_token_list_new(s->ctx, &list), 1);
	assert_int_equal(vdev_vf_token_list_state(list, 0),
			 VDEV_VF_TOKEN_DAMAGED);
	assert_string_equal(vdev_vf_token_list_address(list, 0), PF);
	assert_int_equal(vdev_vf_token_list_vendor_id(list, 0), -ENODATA);
	assert_int_equal(vdev_vf_token_list_device_id(list, 0), -ENODATA);
	assert_null(vdev_vf_token_list_serial(list, 0));
	vdev_vf_token_list_free(list);
	stored_mode(s, 0600);
	assert_int_equal(vdev_vf_token_load(s->pf, &token), 0);
	tree_remove(s->t, STORED);
	tree_link(s->t, STORED, "/etc/elsewhere");
	assert_int_equal(vdev_vf_token_load(s->pf, &token), -EBADMSG);
#undef HEAD
}

static void test_list(void **state)
{
	struct store *s = *state;
	struct vdev_vf_token_list *list = NULL;

	assert_int_equal(vdev_vf_token_list_new(s->ctx, &list), 0);
	assert_null(vdev_vf_token_list_address(list, 0));
	assert_int_equal(vdev_vf_token_list_state(list, 0), -EINVAL);
	assert_int_equal(vdev_vf_token_list_vendor_id(list, 0), -EINVAL);
	assert_int_equal(vdev_vf_token_list_device_id(list, 0), -EINVAL);
	assert_null(vdev_vf_token_list_serial(list, 0));
	vdev_vf_token_list_free(list);
	vdev_vf_token_list_free(NULL);

	tree_file(s->t, "/etc/vdev/tokens/.0000:09:00.0.new", "");
	tree_file(s->t, "/etc/vdev/tokens/README", "");
	store_counting(s->pf);
	assert_int_equal(vdev_vf_token_list_new(s->ctx, &list), 1);
	assert_string_equal(vdev_vf_token_list_address(list, 0), PF);
	assert_int_equal(vdev_vf_token_list_vendor_id(list, 0), 0x8086);
	assert_int_equal(vdev_vf_token_list_device_id(list, 0), 0x10c9);
	assert_string_equal(vdev_vf_token_list_serial(list, 0),
			    "27-26-25-24-23-22-21-20");
	assert_int_equal(vdev_vf_token_list_state(list, 0),
			 VDEV_VF_TOKEN_USABLE);
	vdev_vf_token_list_free(list);

	add_serial(s->t, PF, 0x50);
	assert_int_equal(vdev_vf_token_list_new(s->ctx, &list), 1);
	assert_int_equal(vdev_vf_token_list_state(list, 0),
			 VDEV_VF_TOKEN_OTHER);
	vdev_vf_token_list_free(list);
	tree_remove(s->t, "/sys/bus/pci/devices/" PF);
	assert_int_equal(vdev_vf_token_list_new(s->ctx, &list), 1);
	assert_int_equal(vdev_vf_token_list_state(list, 0),
			 VDEV_VF_TOKEN_ABSENT);
	vdev_vf_token_list_free(list);
	assert_string_equal(vdev_vf_token_state_name(VDEV_VF_TOKEN_OTHER),
			    "other-device");
	assert_null(vdev_vf_token_state_name((enum vdev_vf_token_state)9));
}

/* --- Users */

static void test_users(void **state)
{
	struct store *s = *state;
	_auto_free_ char *users = NULL;

	tree_dir(s->t, "/proc");
	tree_driver(s->t, PF, "vfio-pci");
	tree_group(s->t, PF, 12);
	tree_vfio(s->t, PF, 3, true, "12");
	vdev_device_refresh(s->pf);
	assert_int_equal(vdev_device_users(s->pf, &users), 0);
	assert_null(users);
	tree_file(s->t, "/proc/812/comm", "qemu\n");
	tree_link(s->t, "/proc/812/fd/7", "/dev/vfio/devices/vfio3");
	assert_int_equal(vdev_device_users(s->pf, &users), 1);
	assert_string_equal(users, "qemu (pid 812)");
	free(TAKE(users));
	tree_remove(s->t, "/proc/812/fd/7");
	tree_link(s->t, "/proc/812/fd/7", "/dev/vfio/12");
	assert_int_equal(vdev_device_users(s->pf, &users), 1);
	assert_int_equal(vdev_device_users(s->vf, &users), 0);
}

/* --- Failures at every place */

static void sweep_store(struct failnth *fail, void *data)
{
	struct vdev_vf_token token = { { 1, 2, 3 } }, back = { { 0 } };
	const struct store *s = data;
	struct vdev_ctx *ctx = tree_ctx(s->t);
	struct vdev_vf_token_list *list = NULL;
	struct vdev_device *pf;
	int stored, loaded, listed;

	assert_int_equal(vdev_device_find(ctx, PF, &pf), 0);
	failnth_start(fail, &ctx->sys);
	stored = vdev_vf_token_store(pf, &token);
	loaded = vdev_vf_token_load(pf, &back);
	listed = vdev_vf_token_list_new(ctx, &list);
	failnth_stop(fail);
	/* What is there is whole: the new one, or that of the run before. */
	if (!loaded)
		assert_memory_equal(&token, &back, sizeof(token));
	if (!failnth_fired(fail))
		assert_true(!stored && !loaded && listed == 1);
	if (listed >= 0)
		vdev_vf_token_list_free(list);
	vdev_device_unref(pf);
	vdev_ctx_unref(ctx);
}

static void test_sweep_store(void **state)
{
	failnth_sweep(sweep_store, *state);
}

static void sweep_read(struct failnth *fail, void *data)
{
	struct vdev_ctx *ctx = data;
	struct vdev_vf_token token = { { 0 } }, *page = NULL;
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = read_text(ctx, TEXT, strlen(TEXT), 0600, 0, &token);
	if (!vdev_vf_token_new(ctx, &page) &&
	    !vdev_vf_token_generate(ctx, page))
		assert_int_equal(page->bytes[6] & 0xf0, 0x40);
	(void)vdev_vf_token_read_key(ctx, "no such key", &token);
	failnth_stop(fail);
	vdev_vf_token_free(page);
	if (!ret)
		is_counting(&token);
	else
		assert_true(failnth_fired(fail));
}

static void test_sweep_read(void **state)
{
	struct vdev_ctx *ctx = ctx_new(state);

	failnth_sweep(sweep_read, ctx);
	vdev_ctx_unref(ctx);
}

#define STORE_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, set_up_store, tear_down_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_rights),
		cmocka_unit_test(test_key),
		VFIO_TEST(test_use),
		VFIO_TEST(test_demand),
		VFIO_TEST(test_checked),
		STORE_TEST(test_store),
		STORE_TEST(test_store_nothing),
		STORE_TEST(test_identity),
		STORE_TEST(test_damaged),
		STORE_TEST(test_list),
		STORE_TEST(test_users),
		STORE_TEST(test_sweep_store),
		cmocka_unit_test(test_sweep_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
