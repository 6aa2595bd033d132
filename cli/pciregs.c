/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pciregs.h"

/* --- Headers */

static const struct pci_field device_command_fields[] = {
	{ "io", 0, 1, 1, 0 },
	{ "memory", 1, 1, 1, 0 },
	{ "bus_master", 2, 1, 1, 0 },
	{ "special_cycles", 3, 1, 1, 0 },
	{ "write_invalidate", 4, 1, 1, 0 },
	{ "vga_snoop", 5, 1, 1, 0 },
	{ "parity_response", 6, 1, 1, 0 },
	{ "serr", 8, 1, 1, 0 },
	{ "fast_back_to_back", 9, 1, 1, 0 },
	{ "intx_disable", 10, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field device_status_fields[] = {
	{ "immediate_readiness", 0, 1, 1, 0 },
	{ "intx", 3, 1, 1, 0 },
	{ "capabilities", 4, 1, 1, 0 },
	{ "66mhz", 5, 1, 1, 0 },
	{ "fast_back_to_back", 7, 1, 1, 0 },
	{ "parity_error_master", 8, 1, 1, 0 },
	{ "devsel", 9, 2, 1, 0 },
	{ "target_abort_signalled", 11, 1, 1, 0 },
	{ "target_abort_received", 12, 1, 1, 0 },
	{ "master_abort_received", 13, 1, 1, 0 },
	{ "serr_signalled", 14, 1, 1, 0 },
	{ "parity_error", 15, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field device_header_type_fields[] = {
	{ "layout", 0, 7, 1, 0 },
	{ "multifunction", 7, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field device_bist_fields[] = {
	{ "code", 0, 4, 1, 0 },
	{ "start", 6, 1, 1, 0 },
	{ "capable", 7, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field bar_fields[] = {
	{ "io", 0, 1, 1, 0 },
	{ "type", 1, 2, 1, 0 },
	{ "prefetchable", 3, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field device_rom_fields[] = {
	{ "enable", 0, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register device_registers[] = {
	{ "vendor_id", 0x00, 2, NULL },
	{ "device_id", 0x02, 2, NULL },
	{ "command", 0x04, 2, device_command_fields },
	{ "status", 0x06, 2, device_status_fields },
	{ "revision", 0x08, 1, NULL },
	{ "prog_if", 0x09, 1, NULL },
	{ "subclass", 0x0a, 1, NULL },
	{ "class", 0x0b, 1, NULL },
	{ "cache_line_size", 0x0c, 1, NULL },
	{ "latency_timer", 0x0d, 1, NULL },
	{ "header_type", 0x0e, 1, device_header_type_fields },
	{ "bist", 0x0f, 1, device_bist_fields },
	{ "bar0", 0x10, 4, bar_fields },
	{ "bar1", 0x14, 4, bar_fields },
	{ "bar2", 0x18, 4, bar_fields },
	{ "bar3", 0x1c, 4, bar_fields },
	{ "bar4", 0x20, 4, bar_fields },
	{ "bar5", 0x24, 4, bar_fields },
	{ "cardbus_cis", 0x28, 4, NULL },
	{ "subsystem_vendor_id", 0x2c, 2, NULL },
	{ "subsystem_device_id", 0x2e, 2, NULL },
	{ "rom", 0x30, 4, device_rom_fields },
	{ "capabilities", 0x34, 1, NULL },
	{ "interrupt_line", 0x3c, 1, NULL },
	{ "interrupt_pin", 0x3d, 1, NULL },
	{ "min_grant", 0x3e, 1, NULL },
	{ "max_latency", 0x3f, 1, NULL },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field bridge_bridge_control_fields[] = {
	{ "parity_response", 0, 1, 1, 0 },
	{ "serr", 1, 1, 1, 0 },
	{ "isa", 2, 1, 1, 0 },
	{ "vga", 3, 1, 1, 0 },
	{ "vga_16_bit", 4, 1, 1, 0 },
	{ "master_abort", 5, 1, 1, 0 },
	{ "bus_reset", 6, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register bridge_registers[] = {
	{ "vendor_id", 0x00, 2, NULL },
	{ "device_id", 0x02, 2, NULL },
	{ "command", 0x04, 2, device_command_fields },
	{ "status", 0x06, 2, device_status_fields },
	{ "revision", 0x08, 1, NULL },
	{ "prog_if", 0x09, 1, NULL },
	{ "subclass", 0x0a, 1, NULL },
	{ "class", 0x0b, 1, NULL },
	{ "cache_line_size", 0x0c, 1, NULL },
	{ "latency_timer", 0x0d, 1, NULL },
	{ "header_type", 0x0e, 1, device_header_type_fields },
	{ "bist", 0x0f, 1, device_bist_fields },
	{ "bar0", 0x10, 4, bar_fields },
	{ "bar1", 0x14, 4, bar_fields },
	{ "primary_bus", 0x18, 1, NULL },
	{ "secondary_bus", 0x19, 1, NULL },
	{ "subordinate_bus", 0x1a, 1, NULL },
	{ "secondary_latency_timer", 0x1b, 1, NULL },
	{ "io_base", 0x1c, 1, NULL },
	{ "io_limit", 0x1d, 1, NULL },
	{ "secondary_status", 0x1e, 2, NULL },
	{ "memory_base", 0x20, 2, NULL },
	{ "memory_limit", 0x22, 2, NULL },
	{ "prefetch_base", 0x24, 2, NULL },
	{ "prefetch_limit", 0x26, 2, NULL },
	{ "prefetch_base_high", 0x28, 4, NULL },
	{ "prefetch_limit_high", 0x2c, 4, NULL },
	{ "io_base_high", 0x30, 2, NULL },
	{ "io_limit_high", 0x32, 2, NULL },
	{ "capabilities", 0x34, 1, NULL },
	{ "interrupt_line", 0x3c, 1, NULL },
	{ "interrupt_pin", 0x3d, 1, NULL },
	{ "rom", 0x38, 4, device_rom_fields },
	{ "bridge_control", 0x3e, 2, bridge_bridge_control_fields },
	{ NULL, 0, 0, NULL },
};

/* --- Capabilities */

static const struct pci_field pm_capabilities_fields[] = {
	{ "version", 0, 3, 1, 0 },
	{ "clock", 3, 1, 1, 0 },
	{ "initialization", 5, 1, 1, 0 },
	{ "aux_current", 6, 3, 1, 0 },
	{ "d1", 9, 1, 1, 0 },
	{ "d2", 10, 1, 1, 0 },
	{ "pme_support", 11, 5, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field pm_control_fields[] = {
	{ "power_state", 0, 2, 1, 0 }, { "no_soft_reset", 3, 1, 1, 0 },
	{ "pme_enable", 8, 1, 1, 0 },  { "pme_status", 15, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register pm_registers[] = {
	{ "capabilities", 0x02, 2, pm_capabilities_fields },
	{ "control", 0x04, 2, pm_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field vpd_address_fields[] = {
	{ "address", 0, 15, 1, 0 },
	{ "done", 15, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register vpd_registers[] = {
	{ "address", 0x02, 2, vpd_address_fields },
	{ "data", 0x04, 4, NULL },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field msi_control_fields[] = {
	{ "enable", 0, 1, 1, 0 },   { "capable", 1, 3, 1, 0 },
	{ "enabled", 4, 3, 1, 0 },  { "64bit", 7, 1, 1, 0 },
	{ "maskable", 8, 1, 1, 0 }, { NULL, 0, 0, 0, 0 },
};

static const struct pci_register msi_registers[] = {
	{ "control", 0x02, 2, msi_control_fields },
	{ "address", 0x04, 4, NULL },
	{ NULL, 0, 0, NULL },
};

static const struct pci_register vendor_registers[] = {
	{ "length", 0x02, 1, NULL },
	{ NULL, 0, 0, NULL },
};

static const struct pci_register ssvid_registers[] = {
	{ "subsystem_vendor_id", 0x04, 2, NULL },
	{ "subsystem_device_id", 0x06, 2, NULL },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field express_capabilities_fields[] = {
	{ "version", 0, 4, 1, 0 }, { "type", 4, 4, 1, 0 },
	{ "slot", 8, 1, 1, 0 },	   { "interrupt_message", 9, 5, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field express_device_capabilities_fields[] = {
	{ "max_payload_code", 0, 3, 1, 0 },
	{ "phantom_functions", 3, 2, 1, 0 },
	{ "extended_tag", 5, 1, 1, 0 },
	{ "l0s_latency", 6, 3, 1, 0 },
	{ "l1_latency", 9, 3, 1, 0 },
	{ "role_based_errors", 15, 1, 1, 0 },
	{ "slot_power_limit", 18, 8, 1, 0 },
	{ "slot_power_scale", 26, 2, 1, 0 },
	{ "flr", 28, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field express_device_control_fields[] = {
	{ "correctable", 0, 1, 1, 0 },
	{ "non_fatal", 1, 1, 1, 0 },
	{ "fatal", 2, 1, 1, 0 },
	{ "unsupported_request", 3, 1, 1, 0 },
	{ "relaxed_ordering", 4, 1, 1, 0 },
	{ "max_payload_code", 5, 3, 1, 0 },
	{ "extended_tag", 8, 1, 1, 0 },
	{ "phantom_functions", 9, 1, 1, 0 },
	{ "aux_power", 10, 1, 1, 0 },
	{ "no_snoop", 11, 1, 1, 0 },
	{ "max_read_request_code", 12, 3, 1, 0 },
	{ "flr", 15, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field express_device_status_fields[] = {
	{ "correctable", 0, 1, 1, 0 }, { "non_fatal", 1, 1, 1, 0 },
	{ "fatal", 2, 1, 1, 0 },       { "unsupported_request", 3, 1, 1, 0 },
	{ "aux_power", 4, 1, 1, 0 },   { "transactions_pending", 5, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field express_link_capabilities_fields[] = {
	{ "max_speed", 0, 4, 1, 0 },
	{ "max_width", 4, 6, 1, 0 },
	{ "aspm", 10, 2, 1, 0 },
	{ "l0s_latency", 12, 3, 1, 0 },
	{ "l1_latency", 15, 3, 1, 0 },
	{ "clock_pm", 18, 1, 1, 0 },
	{ "surprise_down", 19, 1, 1, 0 },
	{ "active_reporting", 20, 1, 1, 0 },
	{ "bandwidth_notification", 21, 1, 1, 0 },
	{ "port", 24, 8, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field express_link_control_fields[] = {
	{ "aspm", 0, 2, 1, 0 },		{ "completion_boundary", 3, 1, 1, 0 },
	{ "disable", 4, 1, 1, 0 },	{ "retrain", 5, 1, 1, 0 },
	{ "common_clock", 6, 1, 1, 0 }, { "extended_sync", 7, 1, 1, 0 },
	{ "clock_pm", 8, 1, 1, 0 },	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field express_link_status_fields[] = {
	{ "speed", 0, 4, 1, 0 },     { "width", 4, 6, 1, 0 },
	{ "training", 11, 1, 1, 0 }, { "slot_clock", 12, 1, 1, 0 },
	{ "active", 13, 1, 1, 0 },   { NULL, 0, 0, 0, 0 },
};

static const struct pci_register express_registers[] = {
	{ "capabilities", 0x02, 2, express_capabilities_fields },
	{ "device_capabilities", 0x04, 4, express_device_capabilities_fields },
	{ "device_control", 0x08, 2, express_device_control_fields },
	{ "device_status", 0x0a, 2, express_device_status_fields },
	{ "link_capabilities", 0x0c, 4, express_link_capabilities_fields },
	{ "link_control", 0x10, 2, express_link_control_fields },
	{ "link_status", 0x12, 2, express_link_status_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field msix_control_fields[] = {
	{ "table_size", 0, 11, 1, 1 },
	{ "function_mask", 14, 1, 1, 0 },
	{ "enable", 15, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field msix_table_fields[] = {
	{ "bar", 0, 3, 1, 0 },
	{ "offset", 3, 29, 8, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register msix_registers[] = {
	{ "control", 0x02, 2, msix_control_fields },
	{ "table", 0x04, 4, msix_table_fields },
	{ "pba", 0x08, 4, msix_table_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field af_capabilities_fields[] = {
	{ "transactions_pending", 0, 1, 1, 0 },
	{ "flr", 1, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field af_control_fields[] = {
	{ "flr", 0, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field af_status_fields[] = {
	{ "transactions_pending", 0, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register af_registers[] = {
	{ "capabilities", 0x03, 1, af_capabilities_fields },
	{ "control", 0x04, 1, af_control_fields },
	{ "status", 0x05, 1, af_status_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field aer_uncorrectable_status_fields[] = {
	{ "data_link", 4, 1, 1, 0 },
	{ "surprise_down", 5, 1, 1, 0 },
	{ "poisoned_tlp", 12, 1, 1, 0 },
	{ "flow_control", 13, 1, 1, 0 },
	{ "completion_timeout", 14, 1, 1, 0 },
	{ "completer_abort", 15, 1, 1, 0 },
	{ "unexpected_completion", 16, 1, 1, 0 },
	{ "receiver_overflow", 17, 1, 1, 0 },
	{ "malformed_tlp", 18, 1, 1, 0 },
	{ "ecrc", 19, 1, 1, 0 },
	{ "unsupported_request", 20, 1, 1, 0 },
	{ "acs_violation", 21, 1, 1, 0 },
	{ "internal", 22, 1, 1, 0 },
	{ "atomicop_blocked", 24, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field aer_correctable_status_fields[] = {
	{ "receiver", 0, 1, 1, 0 },
	{ "bad_tlp", 6, 1, 1, 0 },
	{ "bad_dllp", 7, 1, 1, 0 },
	{ "replay_rollover", 8, 1, 1, 0 },
	{ "replay_timeout", 12, 1, 1, 0 },
	{ "advisory_non_fatal", 13, 1, 1, 0 },
	{ "internal", 14, 1, 1, 0 },
	{ "header_log_overflow", 15, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field aer_control_fields[] = {
	{ "first_error", 0, 5, 1, 0 },
	{ "ecrc_generation_capable", 5, 1, 1, 0 },
	{ "ecrc_generation", 6, 1, 1, 0 },
	{ "ecrc_check_capable", 7, 1, 1, 0 },
	{ "ecrc_check", 8, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register aer_registers[] = {
	{ "uncorrectable_status", 0x04, 4, aer_uncorrectable_status_fields },
	{ "uncorrectable_mask", 0x08, 4, aer_uncorrectable_status_fields },
	{ "uncorrectable_severity", 0x0c, 4, aer_uncorrectable_status_fields },
	{ "correctable_status", 0x10, 4, aer_correctable_status_fields },
	{ "correctable_mask", 0x14, 4, aer_correctable_status_fields },
	{ "control", 0x18, 4, aer_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_register dsn_registers[] = {
	{ "serial_low", 0x04, 4, NULL },
	{ "serial_high", 0x08, 4, NULL },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field vendor_ext_header_fields[] = {
	{ "id", 0, 16, 1, 0 },
	{ "revision", 16, 4, 1, 0 },
	{ "length", 20, 12, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register vendor_ext_registers[] = {
	{ "header", 0x04, 4, vendor_ext_header_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field acs_capabilities_fields[] = {
	{ "source_validation", 0, 1, 1, 0 },
	{ "translation_blocking", 1, 1, 1, 0 },
	{ "request_redirect", 2, 1, 1, 0 },
	{ "completion_redirect", 3, 1, 1, 0 },
	{ "upstream_forwarding", 4, 1, 1, 0 },
	{ "egress_control", 5, 1, 1, 0 },
	{ "direct_translated", 6, 1, 1, 0 },
	{ "egress_vector_size", 8, 8, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field acs_control_fields[] = {
	{ "source_validation", 0, 1, 1, 0 },
	{ "translation_blocking", 1, 1, 1, 0 },
	{ "request_redirect", 2, 1, 1, 0 },
	{ "completion_redirect", 3, 1, 1, 0 },
	{ "upstream_forwarding", 4, 1, 1, 0 },
	{ "egress_control", 5, 1, 1, 0 },
	{ "direct_translated", 6, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register acs_registers[] = {
	{ "capabilities", 0x04, 2, acs_capabilities_fields },
	{ "control", 0x06, 2, acs_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field ari_capabilities_fields[] = {
	{ "mfvc_groups", 0, 1, 1, 0 },
	{ "acs_groups", 1, 1, 1, 0 },
	{ "next_function", 8, 8, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field ari_control_fields[] = {
	{ "mfvc_groups", 0, 1, 1, 0 },
	{ "acs_groups", 1, 1, 1, 0 },
	{ "function_group", 4, 3, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register ari_registers[] = {
	{ "capabilities", 0x04, 2, ari_capabilities_fields },
	{ "control", 0x06, 2, ari_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field ats_capabilities_fields[] = {
	{ "queue_depth", 0, 5, 1, 0 },
	{ "page_aligned", 5, 1, 1, 0 },
	{ "global_invalidate", 6, 1, 1, 0 },
	{ "relaxed_ordering", 7, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field ats_control_fields[] = {
	{ "smallest_unit", 0, 5, 1, 0 },
	{ "enable", 15, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register ats_registers[] = {
	{ "capabilities", 0x04, 2, ats_capabilities_fields },
	{ "control", 0x06, 2, ats_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field sriov_capabilities_fields[] = {
	{ "migration", 0, 1, 1, 0 },
	{ "ari_preserved", 1, 1, 1, 0 },
	{ "vf_10_bit_tag", 2, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field sriov_control_fields[] = {
	{ "vf_enable", 0, 1, 1, 0 },
	{ "migration", 1, 1, 1, 0 },
	{ "migration_interrupt", 2, 1, 1, 0 },
	{ "vf_memory", 3, 1, 1, 0 },
	{ "ari", 4, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field sriov_status_fields[] = {
	{ "migration", 0, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register sriov_registers[] = {
	{ "capabilities", 0x04, 4, sriov_capabilities_fields },
	{ "control", 0x08, 2, sriov_control_fields },
	{ "status", 0x0a, 2, sriov_status_fields },
	{ "initial_vfs", 0x0c, 2, NULL },
	{ "total_vfs", 0x0e, 2, NULL },
	{ "num_vfs", 0x10, 2, NULL },
	{ "dependency_link", 0x12, 1, NULL },
	{ "first_vf_offset", 0x14, 2, NULL },
	{ "vf_stride", 0x16, 2, NULL },
	{ "vf_device_id", 0x1a, 2, NULL },
	{ "supported_page_sizes", 0x1c, 4, NULL },
	{ "page_size", 0x20, 4, NULL },
	{ "vf_bar0", 0x24, 4, bar_fields },
	{ "vf_bar1", 0x28, 4, bar_fields },
	{ "vf_bar2", 0x2c, 4, bar_fields },
	{ "vf_bar3", 0x30, 4, bar_fields },
	{ "vf_bar4", 0x34, 4, bar_fields },
	{ "vf_bar5", 0x38, 4, bar_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field pri_control_fields[] = {
	{ "enable", 0, 1, 1, 0 },
	{ "reset", 1, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field pri_status_fields[] = {
	{ "response_failure", 0, 1, 1, 0 },
	{ "unexpected_index", 1, 1, 1, 0 },
	{ "stopped", 8, 1, 1, 0 },
	{ "pasid_required", 15, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register pri_registers[] = {
	{ "control", 0x04, 2, pri_control_fields },
	{ "status", 0x06, 2, pri_status_fields },
	{ "max_requests", 0x08, 4, NULL },
	{ "allocated_requests", 0x0c, 4, NULL },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field ltr_max_snoop_fields[] = {
	{ "value", 0, 10, 1, 0 },
	{ "scale", 10, 3, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register ltr_registers[] = {
	{ "max_snoop", 0x04, 2, ltr_max_snoop_fields },
	{ "max_no_snoop", 0x06, 2, ltr_max_snoop_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field tph_capabilities_fields[] = {
	{ "no_st", 0, 1, 1, 0 },
	{ "interrupt_vector", 1, 1, 1, 0 },
	{ "device_specific", 2, 1, 1, 0 },
	{ "extended", 8, 1, 1, 0 },
	{ "table_location", 9, 2, 1, 0 },
	{ "table_size", 16, 11, 1, 1 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field tph_control_fields[] = {
	{ "mode", 0, 3, 1, 0 },
	{ "requester", 8, 2, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register tph_registers[] = {
	{ "capabilities", 0x04, 4, tph_capabilities_fields },
	{ "control", 0x08, 4, tph_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field pasid_capabilities_fields[] = {
	{ "execute", 1, 1, 1, 0 },
	{ "privileged", 2, 1, 1, 0 },
	{ "width", 8, 5, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field pasid_control_fields[] = {
	{ "enable", 0, 1, 1, 0 },
	{ "execute", 1, 1, 1, 0 },
	{ "privileged", 2, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register pasid_registers[] = {
	{ "capabilities", 0x04, 2, pasid_capabilities_fields },
	{ "control", 0x06, 2, pasid_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field l1ss_capabilities_fields[] = {
	{ "pm_l1_2", 0, 1, 1, 0 },   { "pm_l1_1", 1, 1, 1, 0 },
	{ "aspm_l1_2", 2, 1, 1, 0 }, { "aspm_l1_1", 3, 1, 1, 0 },
	{ "l1_pm", 4, 1, 1, 0 },     { NULL, 0, 0, 0, 0 },
};

static const struct pci_field l1ss_control_fields[] = {
	{ "pm_l1_2", 0, 1, 1, 0 },   { "pm_l1_1", 1, 1, 1, 0 },
	{ "aspm_l1_2", 2, 1, 1, 0 }, { "aspm_l1_1", 3, 1, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register l1ss_registers[] = {
	{ "capabilities", 0x04, 4, l1ss_capabilities_fields },
	{ "control", 0x08, 4, l1ss_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct pci_field ptm_capabilities_fields[] = {
	{ "requester", 0, 1, 1, 0 }, { "responder", 1, 1, 1, 0 },
	{ "root", 2, 1, 1, 0 },	     { "granularity", 8, 8, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_field ptm_control_fields[] = {
	{ "enable", 0, 1, 1, 0 },
	{ "root_select", 1, 1, 1, 0 },
	{ "granularity", 8, 8, 1, 0 },
	{ NULL, 0, 0, 0, 0 },
};

static const struct pci_register ptm_registers[] = {
	{ "capabilities", 0x04, 4, ptm_capabilities_fields },
	{ "control", 0x08, 4, ptm_control_fields },
	{ NULL, 0, 0, NULL },
};

static const struct {
	unsigned short id;
	bool extended;
	const struct pci_register *registers;
} capabilities[] = {
	{ 0x01, false, pm_registers },
	{ 0x03, false, vpd_registers },
	{ 0x05, false, msi_registers },
	{ 0x09, false, vendor_registers },
	{ 0x0d, false, ssvid_registers },
	{ 0x10, false, express_registers },
	{ 0x11, false, msix_registers },
	{ 0x13, false, af_registers },
	{ 0x01, true, aer_registers },
	{ 0x03, true, dsn_registers },
	{ 0x0b, true, vendor_ext_registers },
	{ 0x0d, true, acs_registers },
	{ 0x0e, true, ari_registers },
	{ 0x0f, true, ats_registers },
	{ 0x10, true, sriov_registers },
	{ 0x13, true, pri_registers },
	{ 0x18, true, ltr_registers },
	{ 0x17, true, tph_registers },
	{ 0x1b, true, pasid_registers },
	{ 0x1e, true, l1ss_registers },
	{ 0x1f, true, ptm_registers },
};

const struct pci_register *pciregs_header(unsigned int type)
{
	return type == 1 ? bridge_registers : device_registers;
}

const struct pci_register *pciregs_capability(unsigned int id, bool extended)
{
	static const struct pci_register none[] = { { NULL, 0, 0, NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
		if (capabilities[i].id == id &&
		    capabilities[i].extended == extended)
			return capabilities[i].registers;
	return none;
}
