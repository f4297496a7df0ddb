# The report of an audit: what it counts, and the page.

PAGE := $(addprefix ceremony/audit/,tally.c tally_table.c page.c page_parts.c page_figures.c page_course.c)
PAGE += $(addprefix ceremony/room/,sheet.c sheet_html.c) # it is a document like the minutes of a ceremony
AUDIT_PARTS += $(PAGE)
AUDIT += $(PAGE) ceremony/audit/cmd_report.c
