// SPDX-License-Identifier: GPL-2.0
/*
 * __assign_str() of trace events takes one argument (6.10): the source is the one named in
 * __string().
 */
#include <linux/string.h>
#include <linux/trace_events.h>
#include <trace/stages/stage6_event_callback.h>

#undef __get_str
#define __get_str(field)		(buffer + 0 * sizeof(#field))
#undef __get_dynamic_array_len
#define __get_dynamic_array_len(field)	sizeof(#field)

void probe(char *buffer)
{
	struct {
		const char *name_ptr_;
	} __data_offsets = { buffer };

	__assign_str(name);
}
