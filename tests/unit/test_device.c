/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object/device.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "object/names.h"
#include "tree.h"

#define PORT	  "0000:00:02.0"
#define NIC	  "0000:01:00.0"
#define SSD	  "0000:02:00.0"
#define VIRTIO	  "0000:03:00.0"
#define BEHIND	  "10000:e1:00.0"
#define UUID	  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define NIC_PATH  "pci0000:00/" PORT "/" NIC
#define SSD_PATH  "pci0000:00/" SSD
#define SSD2_PATH "pci0000:00/0000:00:05.0"

/* One of each kind of device. */
static struct tree *machine(void)
{
	struct tree *t = tree_new();

	tree_pci(t, "pci0000:00", PORT, 0x1b36, 0x000c, 0x060400);
	tree_driver(t, PORT, "pcieport");
	tree_pci(t, "pci0000:00/" PORT, NIC, 0x8086, 0x10c9, 0x020000);
	tree_driver(t, NIC, "igb");
	tree_group(t, NIC, 11);
	tree_attr(t, NIC, "numa_node", "1\n");
	tree_class(t, "net", "eth1", NIC_PATH "/net");
	tree_class(t, "net", "eth0", NIC_PATH "/net");
	tree_pci(t, "pci0000:00", SSD, 0x1b36, 0x0010, 0x010802);
	tree_driver(t, SSD, "nvme");
	tree_class(t, "block", "nvme0n1", SSD_PATH "/nvme/nvme0");
	tree_class(t, "block", "nvme0n1p1", SSD_PATH "/nvme/nvme0/nvme0n1");
	tree_pci(t, "pci0000:00", VIRTIO, 0x1af4, 0x1041, 0x020000);
	tree_class(t, "net", "ens3", "pci0000:00/" VIRTIO "/virtio0/net");
	tree_pci(t, "pci0000:00/0000:00:0e.0/pci10000:e0", BEHIND, 0x144d,
		 0xa80a, 0x010802);
	tree_mdev(t, "virtual/mtty/mtty", UUID, "mtty-2");
	tree_class(t, "net", "lo", "virtual/net");
	tree_file(t, "/sys/class/net/bonding_masters", "bond0\n");
	return t;
}

/* The two parts of most tests: a machine and someone who looks at it. */
struct setup {
	struct tree *t;
	struct vdev_ctx *ctx;
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->t = machine();
	s->ctx = tree_ctx(s->t);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;

	vdev_ctx_unref(s->ctx);
	tree_free(s->t);
	free(s);
	return 0;
}

static struct vdev_device *device(struct setup *s, const char *address)
{
	const char *bus = strchr(address, ':') ? "pci" : "mdev";
	struct vdev_device *dev;

	assert_int_equal(vdev_device_new(s->ctx, bus, address, &dev), 0);
	return dev;
}

static void test_list(void **state)
{
	static const char *const order[] = { PORT,   NIC,    SSD,
					     VIRTIO, BEHIND, UUID };
	struct setup *s = *state;
	struct vdev_device_list *list;
	struct vdev_device *dev;
	size_t i;

	tree_dir(s->t, "/sys/bus/pci/devices/not-an-address");
	assert_int_equal(vdev_device_list_new(s->ctx, NULL, &list),
			 ARRAY_SIZE(order));
	assert_int_equal(vdev_device_list_count(list), ARRAY_SIZE(order));
	vdev_device_list_foreach(list, i, dev)
		assert_string_equal(vdev_device_address(dev), order[i]);
	assert_int_equal(i, ARRAY_SIZE(order));
	assert_string_equal(vdev_device_bus(vdev_device_list_get(list, 0)),
			    "pci");
	assert_string_equal(vdev_device_bus(vdev_device_list_get(list, 5)),
			    "mdev");

	/* A device taken out outlives the list, and the list the caller's
	 * reference to the context. */
	dev = vdev_device_ref(vdev_device_list_get(list, 1));
	vdev_device_list_free(list);
	assert_ptr_equal(vdev_device_ctx(dev), s->ctx);
	assert_string_equal(vdev_device_driver(dev), "igb");
	assert_null(vdev_device_unref(dev));
	vdev_device_list_free(NULL);
	assert_null(vdev_device_unref(NULL));
}

static void test_no_bus(void **state)
{
	struct setup *s = *state;
	struct vdev_device_list *list = NULL;

	tree_remove(s->t, "/sys/bus/mdev");
	assert_int_equal(vdev_device_list_new(s->ctx, NULL, &list), 5);
	vdev_device_list_free(list);
	tree_remove(s->t, "/sys/bus/pci");
	assert_int_equal(vdev_device_list_new(s->ctx, NULL, &list), 0);
	vdev_device_list_free(list);

	list = NULL;
	tree_remove(s->t, "/sys/bus");
	assert_int_equal(vdev_device_list_new(s->ctx, NULL, &list), -ENOENT);
	assert_null(list);
	assert_non_null(
		strstr(vdev_ctx_last_error(s->ctx), "/sys/bus/pci/devices"));
}

static void test_ids(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);

	assert_int_equal(vdev_device_vendor_id(dev), 0x8086);
	assert_int_equal(vdev_device_device_id(dev), 0x10c9);
	assert_int_equal(vdev_device_subsystem_vendor_id(dev), 0x1af4);
	assert_int_equal(vdev_device_subsystem_device_id(dev), 0x1100);
	assert_int_equal(vdev_device_class_code(dev), 0x020000);
	assert_int_equal(vdev_device_revision(dev), 2);
	vdev_device_unref(dev);

	dev = device(s, UUID);
	assert_int_equal(vdev_device_vendor_id(dev), -ENODATA);
	assert_int_equal(vdev_device_device_id(dev), -ENODATA);
	assert_int_equal(vdev_device_subsystem_vendor_id(dev), -ENODATA);
	assert_int_equal(vdev_device_subsystem_device_id(dev), -ENODATA);
	assert_int_equal(vdev_device_class_code(dev), -ENODATA);
	assert_int_equal(vdev_device_revision(dev), -ENODATA);
	assert_int_equal(vdev_device_numa_node(dev), -ENODATA);
	vdev_device_unref(dev);
}

static void test_malformed(void **state)
{
	static const char *const wrong[] = {
		"",
		"garbage\n",
		"pci:v00008086d000010C9sv00001AF4sd00001100bc02sc00\n",
		"pci:v00008086d000010C9sv00001AF4sd00001100bc02sc00i00x\n",
		"pci:v00018086d000010C9sv00001AF4sd00001100bc02sc00i00\n",
		("pci:v00008086d000010C9sv00001AF4sd00001100bc02sc00i00"
		 "00000000000000000000000000\n"),
	};
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		int ret;

		tree_attr(s->t, NIC, "modalias", wrong[i]);
		ret = vdev_device_vendor_id(dev);
		if (ret != -EIO && ret != -EMSGSIZE)
			fail_msg("'%s': %d", wrong[i], ret);
		assert_int_equal(vdev_device_class_code(dev), ret);
		assert_null(vdev_device_vendor_name(dev));
	}
	tree_attr(s->t, NIC, "revision", "0x100\n");
	assert_int_equal(vdev_device_revision(dev), -EIO);
	tree_attr(s->t, NIC, "numa_node", "many\n");
	assert_int_equal(vdev_device_numa_node(dev), -EIO);
	tree_attr_link(s->t, NIC, "iommu_group", "../x");
	assert_int_equal(vdev_device_iommu_group(dev), -EIO);
	vdev_device_unref(dev);
}

static void test_attributes(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);
	char text[16];

	assert_string_equal(vdev_device_syspath(dev), "/sys/devices/" NIC_PATH);
	assert_string_equal(vdev_device_parent(dev), PORT);
	assert_string_equal(vdev_device_driver(dev), "igb");
	assert_null(vdev_device_driver_override(dev));
	assert_int_equal(vdev_device_iommu_group(dev), 11);
	assert_int_equal(vdev_device_numa_node(dev), 1);
	assert_null(vdev_device_mdev_type(dev));
	assert_int_equal(
		vdev_device_read_attr(dev, "numa_node", text, sizeof(text)), 1);
	assert_string_equal(text, "1");
	assert_int_equal(vdev_device_read_attr(dev, "none", text, sizeof(text)),
			 -ENOENT);
	vdev_device_unref(dev);

	dev = device(s, PORT);
	assert_null(vdev_device_parent(dev));
	assert_int_equal(vdev_device_iommu_group(dev), -ENODATA);
	assert_int_equal(vdev_device_numa_node(dev), -ENODATA);
	vdev_device_unref(dev);

	dev = device(s, VIRTIO);
	assert_null(vdev_device_driver(dev));
	vdev_device_unref(dev);

	/* The domain behind a VMD controller has a root bus of its own. */
	dev = device(s, BEHIND);
	assert_null(vdev_device_parent(dev));
	vdev_device_unref(dev);
}

static void test_isolation(void **state)
{
	static const char *const words[] = { "none", "emulated", "iommu",
					     "iommu-pasid" };
	struct setup *s = *state;
	struct vdev_device *dev = device(s, UUID);

	for (int i = 0; i < (int)ARRAY_SIZE(words); i++)
		assert_string_equal(vdev_isolation_name((enum vdev_isolation)i),
				    words[i]);
	assert_null(vdev_isolation_name((enum vdev_isolation)4));
	assert_null(vdev_isolation_name((enum vdev_isolation) - 1));
	/* A kernel without the patch. */
	assert_int_equal(vdev_device_isolation(dev), -ENODATA);
	assert_int_equal(vdev_device_isolation_pasid(dev), -ENODATA);
	tree_attr(s->t, UUID, "isolation", "emulated\n");
	assert_int_equal(vdev_device_isolation(dev), VDEV_ISOLATION_EMULATED);
	assert_int_equal(vdev_device_isolation_pasid(dev), -ENODATA);
	tree_attr(s->t, UUID, "isolation", "iommu-pasid\n");
	tree_attr(s->t, UUID, "pasid", "1023\n");
	assert_int_equal(vdev_device_isolation(dev),
			 VDEV_ISOLATION_IOMMU_PASID);
	assert_int_equal(vdev_device_isolation_pasid(dev), 1023);
	/* One that is newer than the library, and damage. */
	tree_attr(s->t, UUID, "isolation", "magic\n");
	tree_attr(s->t, UUID, "pasid", "many\n");
	assert_int_equal(vdev_device_isolation(dev), -ENODATA);
	assert_int_equal(vdev_device_isolation_pasid(dev), -EIO);
	vdev_device_unref(dev);
	/* Others have no such file, whatever is there. */
	dev = device(s, NIC);
	tree_attr(s->t, NIC, "isolation", "emulated\n");
	assert_int_equal(vdev_device_isolation(dev), -ENODATA);
	vdev_device_unref(dev);
}

static void test_mdev(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, UUID);

	assert_string_equal(vdev_device_bus(dev), "mdev");
	assert_string_equal(vdev_device_mdev_type(dev), "mtty-2");
	assert_string_equal(vdev_device_parent(dev), "mtty");
	assert_null(vdev_device_device_name(dev));
	assert_null(vdev_device_driver_override(dev));
	assert_int_equal(vdev_device_refresh(dev), 0);
	tree_file(s->t,
		  "/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/"
		  "name",
		  "Dual port serial\n");
	assert_string_equal(vdev_device_device_name(dev), "Dual port serial");
	assert_null(vdev_device_vendor_name(dev));
	assert_null(vdev_device_class_name(dev));
	vdev_device_unref(dev);
}

/* What was read is kept until it is refreshed. */
static void test_refresh(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);

	assert_string_equal(vdev_device_driver(dev), "igb");
	assert_null(vdev_device_driver_override(dev));
	tree_driver(s->t, NIC, "vfio-pci");
	tree_attr(s->t, NIC, "driver_override", "vfio-pci\n");
	assert_string_equal(vdev_device_driver(dev), "igb");
	assert_null(vdev_device_driver_override(dev));
	assert_int_equal(vdev_device_refresh(dev), 0);
	assert_string_equal(vdev_device_driver(dev), "vfio-pci");
	assert_string_equal(vdev_device_driver_override(dev), "vfio-pci");

	assert_int_equal(vdev_device_write_attr(dev, "driver_override", ""), 0);
	assert_int_equal(vdev_device_write_attr(dev, "none", "1"), -ENOENT);
	vdev_device_unref(dev);
}

static void test_gone(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);
	const char *name;
	char text[16];

	assert_int_equal(vdev_device_vendor_id(dev), 0x8086);
	tree_remove(s->t, "/sys/devices/" NIC_PATH);
	tree_remove(s->t, "/sys/bus/pci/devices/" NIC);

	/* The directory is still open, but empty. */
	assert_int_equal(vdev_device_revision(dev), -ENODEV);
	assert_int_equal(vdev_device_read_attr(dev, "x", text, sizeof(text)),
			 -ENODEV);
	assert_false(vdev_device_exists(dev));
	assert_int_equal(vdev_device_refresh(dev), -ENODEV);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_NOT_FOUND);
	assert_non_null(strstr(vdev_ctx_last_error(s->ctx), NIC));

	assert_int_equal(vdev_device_vendor_id(dev), -ENODEV);
	assert_int_equal(vdev_device_class_code(dev), -ENODEV);
	assert_int_equal(vdev_device_iommu_group(dev), -ENODEV);
	assert_int_equal(vdev_device_numa_node(dev), -ENODEV);
	assert_int_equal(vdev_device_get_driver(dev, &name), -ENODEV);
	assert_int_equal(vdev_device_get_override(dev, &name), -ENODEV);
	assert_null(vdev_device_driver(dev));
	assert_null(vdev_device_syspath(dev));
	assert_null(vdev_device_parent(dev));
	assert_null(vdev_device_vendor_name(dev));
	assert_null(vdev_device_vfio_cdev(dev));
	assert_null(vdev_device_vfio_group(dev));
	assert_int_equal(vdev_device_is_vfio(dev), 0);
	assert_string_equal(vdev_device_address(dev), NIC);
	assert_int_equal(vdev_device_new(s->ctx, "pci", NIC, &dev), -ENODEV);
	vdev_device_unref(dev);
}

/* Two devices read by turns: each read comes from the right one. */
static void test_by_turns(void **state)
{
	struct setup *s = *state;
	struct vdev_device *nic = device(s, NIC);
	struct vdev_device *ssd = device(s, SSD);

	assert_int_equal(vdev_device_vendor_id(nic), 0x8086);
	assert_int_equal(vdev_device_vendor_id(ssd), 0x1b36);
	assert_string_equal(vdev_device_driver(nic), "igb");
	assert_string_equal(vdev_device_driver(ssd), "nvme");
	vdev_device_unref(ssd);
	assert_int_equal(vdev_device_revision(nic), 2);
	vdev_device_unref(nic);
}

static void test_vfio(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);

	assert_int_equal(vdev_device_is_vfio(dev), 0);
	assert_null(vdev_device_vfio_cdev(dev));
	assert_null(vdev_device_vfio_group(dev));

	/* Whatever the driver is called. */
	tree_vfio(s->t, NIC, 3, true, "11");
	assert_int_equal(vdev_device_refresh(dev), 0);
	assert_int_equal(vdev_device_is_vfio(dev), 1);
	assert_string_equal(vdev_device_vfio_cdev(dev),
			    "/dev/vfio/devices/vfio3");
	assert_string_equal(vdev_device_vfio_group(dev), "/dev/vfio/11");

	/* A kernel without VFIO_GROUP. */
	tree_remove(s->t, "/sys/class/vfio");
	assert_int_equal(vdev_device_refresh(dev), 0);
	assert_non_null(vdev_device_vfio_cdev(dev));
	assert_null(vdev_device_vfio_group(dev));

	/* No-IOMMU mode. */
	tree_drop_attr(s->t, NIC, "vfio-dev/vfio3/dev");
	tree_dir(s->t, "/sys/class/vfio/noiommu-11");
	assert_int_equal(vdev_device_refresh(dev), 0);
	assert_int_equal(vdev_device_is_vfio(dev), 1);
	assert_null(vdev_device_vfio_cdev(dev));
	assert_string_equal(vdev_device_vfio_group(dev),
			    "/dev/vfio/noiommu-11");
	vdev_device_unref(dev);

	/* Without a driver it is nobody's, whatever is left over. */
	tree_vfio(s->t, VIRTIO, 4, true, "12");
	dev = device(s, VIRTIO);
	assert_int_equal(vdev_device_is_vfio(dev), 0);
	vdev_device_unref(dev);
}

static void assert_names(const char *const *names, const char *expected)
{
	struct strbuf b = { 0 };
	char *text;

	assert_non_null(names);
	for (; *names; names++)
		strbuf_addf(&b, "%s ", *names);
	text = str_trim(strbuf_finish(&b));
	assert_string_equal(text, expected);
	free(text);
}

static void test_class_entries(void **state)
{
	struct setup *s = *state;
	struct vdev_device *nic = device(s, NIC);
	struct vdev_device *ssd = device(s, SSD);
	struct vdev_device *virtio = device(s, VIRTIO);

	assert_names(vdev_device_netdevs(nic), "eth0 eth1");
	assert_names(vdev_device_blockdevs(nic), "");
	assert_names(vdev_device_netdevs(ssd), "");
	assert_names(vdev_device_blockdevs(ssd), "nvme0n1");
	assert_names(vdev_device_netdevs(virtio), "ens3");

	tree_remove(s->t, "/sys/class/net/eth0");
	assert_names(vdev_device_netdevs(nic), "eth0 eth1");
	assert_int_equal(vdev_device_refresh(nic), 0);
	assert_names(vdev_device_netdevs(nic), "eth1");

	/* A kernel without the class. */
	tree_remove(s->t, "/sys/class/net");
	assert_int_equal(vdev_device_refresh(nic), 0);
	assert_names(vdev_device_netdevs(nic), "");
	vdev_device_unref(nic);
	vdev_device_unref(ssd);
	vdev_device_unref(virtio);
}

/* One disk behind two controllers, and a second namespace behind one. */
static void add_multipath(struct tree *t)
{
	const char *head = "virtual/nvme-subsystem/nvme-subsys1";

	tree_pci(t, "pci0000:00", "0000:00:05.0", 0x1b36, 0x0010, 0x010802);
	tree_class(t, "block", "nvme1n1", head);
	tree_class(t, "block", "nvme1n1p1",
		   "virtual/nvme-subsystem/nvme-subsys1/nvme1n1");
	tree_class(t, "block", "nvme1n2", head);
	tree_class(t, "block", "nvme1c0n1", SSD_PATH "/nvme/nvme0");
	tree_class(t, "block", "nvme1c1n1", SSD2_PATH "/nvme/nvme1");
	tree_class(t, "block", "nvme1c1n2", SSD2_PATH "/nvme/nvme1");
}

static void test_multipath(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, SSD);

	add_multipath(s->t);
	assert_names(vdev_device_blockdevs(dev), "nvme0n1 nvme1n1");
	vdev_device_unref(dev);
	dev = device(s, "0000:00:05.0");
	assert_names(vdev_device_blockdevs(dev), "nvme1n1 nvme1n2");
	vdev_device_unref(dev);

	assert_int_equal(vdev_device_find(s->ctx, "nvme1n2", &dev), 0);
	assert_string_equal(vdev_device_address(dev), "0000:00:05.0");
	vdev_device_unref(dev);
	assert_int_equal(vdev_device_find(s->ctx, "/dev/nvme1n1p1", &dev),
			 -ENOTUNIQ);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_INVALID);
	assert_non_null(strstr(vdev_ctx_last_error(s->ctx), SSD));
	assert_non_null(vdev_ctx_last_hint(s->ctx));
}

static void test_disks(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);
	const char *scsi = NIC_PATH "/host0/target0:0:0/0:0:0:0/block";

	tree_class(s->t, "block", "sda", scsi);
	tree_class(s->t, "block", "sda1",
		   NIC_PATH "/host0/target0:0:0/0:0:0:0/block/sda");
	tree_class(s->t, "block", "cciss!c0d0", NIC_PATH "/cciss0");
	tree_class(s->t, "block", "dm-0", "virtual/block");
	assert_names(vdev_device_blockdevs(dev), "cciss!c0d0 sda");
	vdev_device_unref(dev);

	assert_int_equal(vdev_device_find(s->ctx, "/dev/sda1", &dev), 0);
	assert_string_equal(vdev_device_address(dev), NIC);
	vdev_device_unref(dev);
	assert_int_equal(vdev_device_find(s->ctx, "/dev/cciss/c0d0", &dev), 0);
	vdev_device_unref(dev);
	assert_int_equal(vdev_device_find(s->ctx, "dm-0", &dev), -ENODEV);
}

static void test_find(void **state)
{
	static const struct {
		const char *name, *address;
	} found[] = {
		{ NIC, NIC },
		{ "01:00.0", NIC },
		{ BEHIND, BEHIND },
		{ "10000:E1:00.0", BEHIND },
		{ UUID, UUID },
		{ "83B8F4F2-509F-382F-3C1E-E6BFE0FA1001", UUID },
		{ "eth0", NIC },
		{ "ens3", VIRTIO },
		{ "nvme0n1", SSD },
		{ "nvme0n1p1", SSD },
		{ "/dev/nvme0n1", SSD },
	};
	static const struct {
		const char *name;
		int error;
	} lost[] = {
		{ "0000:01:00.1", -ENODEV },
		{ "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002", -ENODEV },
		{ "eth7", -ENODEV },
		{ "lo", -ENODEV },
		{ "bonding_masters", -ENODEV },
		{ "/dev/eth0", -ENODEV },
		{ "/dev/mapper/x", -ENODEV },
		{ "", -EINVAL },
		{ ".", -EINVAL },
		{ "..", -EINVAL },
		{ "/dev/", -EINVAL },
		{ "/dev/..", -EINVAL },
		{ "../eth0", -EINVAL },
		{ "/sys/class/net/eth0", -EINVAL },
		{ "0000:01:00", -EINVAL },
		{ "0000:01:00.9", -EINVAL },
		{ "two words", -EINVAL },
		{ "caf\xc3\xa9", -EINVAL },
	};
	struct setup *s = *state;
	struct vdev_device *dev;
	char endless[400];

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		int ret = vdev_device_find(s->ctx, found[i].name, &dev);

		if (ret)
			fail_msg("'%s': %d", found[i].name, ret);
		assert_string_equal(vdev_device_address(dev), found[i].address);
		vdev_device_unref(dev);
	}
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		int ret = vdev_device_find(s->ctx, lost[i].name, &dev);

		if (ret != lost[i].error)
			fail_msg("'%s': %d", lost[i].name, ret);
		assert_int_equal(vdev_ctx_last_kind(s->ctx),
				 ret == -EINVAL ? VDEV_ERROR_INVALID
						: VDEV_ERROR_NOT_FOUND);
	}
	memset(endless, 'a', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	assert_int_equal(vdev_device_find(s->ctx, endless, &dev), -EINVAL);
}

static void test_hwdb_names(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);
	char text[512];

	snprintf(text, sizeof(text),
		 "%1$s\t%2$s\tIntel\n%1$s\t%3$s\tI350\n"
		 "%1$s\t%4$s\tNetwork\n",
		 "pci:v00008086d000010C9sv00001AF4sd00001100bc02sc00i00",
		 VDEV_NAME_VENDOR, VDEV_NAME_DEVICE, VDEV_NAME_CLASS);
	tree_file(s->t, VDEV_NAMES_FILE, text);
	assert_string_equal(vdev_device_vendor_name(dev), "Intel");
	assert_string_equal(vdev_device_device_name(dev), "I350");
	assert_string_equal(vdev_device_class_name(dev), "Network");
	vdev_device_unref(dev);

	dev = device(s, SSD);
	assert_null(vdev_device_vendor_name(dev));
	assert_null(vdev_device_class_name(dev));
	vdev_device_unref(dev);
}

static void test_modalias(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, NIC);
	char text[MODALIAS_SIZE];

	assert_int_equal(vdev_device_modalias(dev, "vfio_pci", text), 0);
	assert_string_equal(text,
			    "vfio_pci:v00008086d000010C9sv00001AF4sd00001100"
			    "bc02sc00i00");
	vdev_device_unref(dev);
}

/*
 * A pending unbind on a kernel that would block the reader. Such a kernel runs
 * here, not below a root; only its gateway is asked.
 */
static void test_pending_unbind(void **state)
{
	struct setup *s = *state;
	struct vdev_device *dev = device(s, VIRTIO);
	const char *name;

	tree_group(s->t, VIRTIO, 12);
	tree_group(s->t, NIC, 12);
	tree_dir(s->t, "/sys/class/vfio/12");
	tree_attr(s->t, VIRTIO, "driver_override", "vfio-pci\n");
	s->ctx->override_known = true;
	s->ctx->override_blocks = true;
	assert_int_equal(vdev_device_get_override(dev, &name), -EBUSY);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_IN_USE);
	assert_null(vdev_device_driver_override(dev));

	/* The group's node may be there for another device. */
	tree_vfio(s->t, NIC, 5, false, NULL);
	assert_string_equal(vdev_device_driver_override(dev), "vfio-pci");
	tree_drop_attr(s->t, NIC, "vfio-dev");

	/* The unbind has ended. */
	tree_remove(s->t, "/sys/class/vfio/12");
	assert_int_equal(vdev_device_refresh(dev), 0);
	assert_string_equal(vdev_device_driver_override(dev), "vfio-pci");

	/* A kernel that does not block. */
	tree_dir(s->t, "/sys/class/vfio/12");
	s->ctx->override_blocks = false;
	assert_int_equal(vdev_device_refresh(dev), 0);
	assert_string_equal(vdev_device_driver_override(dev), "vfio-pci");
	vdev_device_unref(dev);
}

/* An answer is the right one, or none when something failed. */
static void assert_string(struct failnth *fail, const char *value,
			  const char *expected)
{
	if (value || !failnth_fired(fail))
		assert_string_equal(value, expected);
}

static void assert_number(struct failnth *fail, int value, int expected)
{
	if (value != expected)
		assert_int_equal(value, failnth_error(fail));
	assert_true(value == expected || failnth_fired(fail));
}

static void scenario(struct failnth *fail, void *data)
{
	struct vdev_ctx *ctx = tree_ctx(data);
	struct vdev_device_list *list;
	struct vdev_device *dev;
	const char *name = NULL;
	const char *const *names;
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = vdev_device_list_new(ctx, NULL, &list);
	if (ret < 0) {
		failnth_stop(fail);
		assert_int_equal(ret, failnth_error(fail));
		assert_true(failnth_fired(fail));
		vdev_ctx_unref(ctx);
		return;
	}
	assert_int_equal(ret, 6);
	dev = vdev_device_list_get(list, 1);
	assert_number(fail, vdev_device_vendor_id(dev), 0x8086);
	assert_number(fail, vdev_device_revision(dev), 2);
	assert_number(fail, vdev_device_iommu_group(dev), 11);
	assert_number(fail, vdev_device_numa_node(dev), 1);
	assert_number(fail, vdev_device_get_driver(dev, &name), 0);
	assert_string(fail, name, "igb");
	name = NULL;
	assert_number(fail, vdev_device_get_override(dev, &name), 0);
	assert_string(fail, name, "vfio-pci");
	assert_string(fail, vdev_device_vfio_cdev(dev),
		      "/dev/vfio/devices/vfio3");
	assert_string(fail, vdev_device_vfio_group(dev), "/dev/vfio/11");
	assert_string(fail, vdev_device_vendor_name(dev), "Intel");
	assert_string(fail, vdev_device_syspath(dev), "/sys/devices/" NIC_PATH);
	assert_string(fail, vdev_device_parent(dev), PORT);
	names = vdev_device_netdevs(dev);
	if (names && names[0])
		assert_string_equal(names[1], "eth1");
	dev = vdev_device_list_get(list, 5);
	assert_string(fail, vdev_device_mdev_type(dev), "mtty-2");
	assert_null(vdev_device_device_name(dev));
	ret = vdev_device_find(ctx, "nvme0n1", &dev);
	failnth_stop(fail);

	if (!ret)
		assert_string_equal(vdev_device_address(dev), SSD);
	else
		assert_true(failnth_fired(fail));
	if (!ret)
		vdev_device_unref(dev);
	vdev_device_list_free(list);
	vdev_ctx_unref(ctx);
}

static void test_failures(void **state)
{
	struct setup *s = *state;

	tree_vfio(s->t, NIC, 3, true, "11");
	tree_attr(s->t, NIC, "driver_override", "vfio-pci\n");
	tree_file(s->t, VDEV_NAMES_FILE,
		  "pci:v00008086d000010C9sv00001AF4sd00001100bc02sc00i00\t"
		  "ID_VENDOR_FROM_DATABASE\tIntel\n");
	failnth_sweep(scenario, s->t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),       TEST(test_no_bus),
		TEST(test_ids),	       TEST(test_malformed),
		TEST(test_attributes), TEST(test_mdev),
		TEST(test_isolation),  TEST(test_refresh),
		TEST(test_gone),       TEST(test_by_turns),
		TEST(test_vfio),       TEST(test_class_entries),
		TEST(test_multipath),  TEST(test_disks),
		TEST(test_find),       TEST(test_hwdb_names),
		TEST(test_modalias),   TEST(test_pending_unbind),
		TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
