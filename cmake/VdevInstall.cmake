# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where a distribution expects what: library, headers and what finds them, the
# program with its man pages and completions, and what systemd and udev read.
include(CMakePackageConfigHelpers)

set(VDEV_UDEV_DIR "lib/udev" CACHE STRING
	"udev's folder, below the prefix unless absolute")
set(VDEV_SYSTEMD_UNIT_DIR "lib/systemd/system" CACHE STRING
	"Folder for systemd units, below the prefix unless absolute")

# GNUInstallDirs allows absolute folders; a .pc file names the prefix if it can.
foreach(dir LIBDIR INCLUDEDIR)
	if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
		set(PC_${dir} "${CMAKE_INSTALL_${dir}}")
	else()
		set(PC_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
	endif()
endforeach()
configure_file(cmake/libvdev.pc.in libvdev.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libvdev.pc
	DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS vdev EXPORT libvdevTargets
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/libvdev DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
	FILES_MATCHING PATTERN "*.h")

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libvdev)
install(EXPORT libvdevTargets NAMESPACE libvdev:: DESTINATION ${config_dir})
configure_package_config_file(cmake/libvdevConfig.cmake.in libvdevConfig.cmake
	INSTALL_DESTINATION ${config_dir}
	NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the API.
write_basic_package_version_file(libvdevConfigVersion.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES
	${PROJECT_BINARY_DIR}/libvdevConfig.cmake
	${PROJECT_BINARY_DIR}/libvdevConfigVersion.cmake
	DESTINATION ${config_dir})

install(TARGETS vdevctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The program works as mdevctl does under such names. Those that are mdevctl's
# own it only has where it replaces mdevctl.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/names)
foreach(name vdev-mdevctl vdev-lsmdev)
	file(CREATE_LINK vdevctl ${PROJECT_BINARY_DIR}/names/${name} SYMBOLIC)
	install(FILES ${PROJECT_BINARY_DIR}/names/${name}
		DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()
if(VDEV_REPLACE_MDEVCTL)
	file(RELATIVE_PATH program ${CMAKE_INSTALL_FULL_SBINDIR}
		${CMAKE_INSTALL_FULL_BINDIR}/vdevctl)
	foreach(name mdevctl lsmdev)
		file(CREATE_LINK ${program} ${PROJECT_BINARY_DIR}/names/${name}
			SYMBOLIC)
		install(FILES ${PROJECT_BINARY_DIR}/names/${name}
			DESTINATION ${CMAKE_INSTALL_SBINDIR})
	endforeach()
	foreach(kind callouts notifiers)
		install(DIRECTORY DESTINATION lib/mdevctl/scripts.d/${kind})
		install(DIRECTORY DESTINATION
			${CMAKE_INSTALL_FULL_SYSCONFDIR}/mdevctl.d/scripts.d/${kind})
	endforeach()
endif()

file(GLOB schemas CONFIGURE_DEPENDS schema/*.json)
install(FILES ${schemas} DESTINATION ${CMAKE_INSTALL_DATADIR}/libvdev/schema)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR}
	FILES_MATCHING PATTERN "*.[ch]" PATTERN "*.cpp" PATTERN "*.md" PATTERN "*.ld"
	PATTERN "outside/CMakeLists.txt"
	PATTERN "tiny-vmm/CMakeLists.txt" PATTERN "guest/CMakeLists.txt")

install(FILES packaging/udev/60-vdev.rules packaging/udev/61-vdev-mdev.rules
	DESTINATION ${VDEV_UDEV_DIR}/rules.d)
foreach(unit vdev-bind@.service vdev-mdev@.service)
	configure_file(packaging/systemd/${unit}.in ${unit} @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/${unit}
		DESTINATION ${VDEV_SYSTEMD_UNIT_DIR})
endforeach()

if(NOT VDEV_BUILD_MAN)
	return()
endif()
foreach(name vdev-lsmdev mdevctl lsmdev)
	if(name MATCHES "^vdev" OR VDEV_REPLACE_MDEVCTL)
		file(WRITE ${PROJECT_BINARY_DIR}/names/${name}.8
			".so man8/vdev-mdevctl.8\n")
		install(FILES ${PROJECT_BINARY_DIR}/names/${name}.8
			DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
	endif()
endforeach()
file(GLOB pages CONFIGURE_DEPENDS man/*.[1-9])
foreach(page ${pages})
	cmake_path(GET page EXTENSION LAST_ONLY section)
	string(SUBSTRING ${section} 1 -1 section)
	install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
