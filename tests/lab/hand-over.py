#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Opens and binds a device as root, and runs a program with its descriptors as a
user without rights, who may pin so many bytes; by the kernel's calls alone.

    hand-over.py CDEV MEMLOCK COMMAND [ARGUMENT]...
"""

import fcntl
import os
import resource
import struct
import sys

VFIO_DEVICE_BIND_IOMMUFD = 0x3B76
NOBODY = 65534

iommufd = os.open("/dev/iommu", os.O_RDWR)
device = os.open(sys.argv[1], os.O_RDWR)
bind = bytearray(struct.pack("IIiI", 16, 0, iommufd, 0))
fcntl.ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, bind)
os.environ["VDEV_IOMMUFD"] = str(iommufd)
os.environ["VDEV_DEVICE_0"] = str(device)
os.environ["VDEV_DEVICE_0_ID"] = str(struct.unpack("IIiI", bind)[3])
for fd in iommufd, device:
    os.set_inheritable(fd, True)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_MEMLOCK, (limit, limit))
os.setgroups([])
os.setresgid(NOBODY, NOBODY, NOBODY)
os.setresuid(NOBODY, NOBODY, NOBODY)
os.execvp(sys.argv[3], sys.argv[3:])
