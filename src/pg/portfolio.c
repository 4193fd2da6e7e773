/*-------------------------------------------------------------------------
 *
 * portfolio.c
 *	  What portfolios need beside SQL: the report date, the check that a
 *	  filter is one expression, and what the planner may know about who sees
 *	  which orders.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/timestamp.h"

#include "base/calendar.h"
#include "pg/compat.h"
#include "pg/portfolio.h"

PG_FUNCTION_INFO_V1(clv_report_date);
PG_FUNCTION_INFO_V1(clv_is_expression);
PG_FUNCTION_INFO_V1(clv_sees_every_row_support);

static char *as_of_text = NULL;

/* The day that clv.as_of stands for; NULL where it is empty. */
static int32 *as_of_day = NULL;

static bool
check_as_of(char **newval, void **extra, GucSource source)
{
	const char *cursor = *newval;
	const char *end = cursor + strlen(cursor);
	int32		day;

	if (*cursor == '\0')
		return true;
	if (clv_date_read(&cursor, end, &day) != CLV_OK || cursor != end)
	{
		GUC_check_errdetail("The report date is an ISO date such as 2024-01-05, or empty for none.");
		return false;
	}
	*extra = guc_malloc(LOG, sizeof(int32));
	if (*extra == NULL)
		return false;
	*(int32 *) *extra = day;
	return true;
}

static void
assign_as_of(const char *newval, void *extra)
{
	as_of_day = extra;
}

void
clv_define_as_of(void)
{
	DefineCustomStringVariable("clv.as_of",
							   "Sets the last day that the reports of portfolios look at.",
							   "An ISO date such as 2024-01-05. If empty, each portfolio decides: its option as_of, or today.",
							   &as_of_text, "", PGC_USERSET, 0,
							   check_as_of, assign_as_of, NULL);
}

/* clv.report_date(as_of date, zone text) */
Datum
clv_report_date(PG_FUNCTION_ARGS)
{
	Datum		now;
	Datum		local;

	if (as_of_day != NULL)
		PG_RETURN_DATEADT(*as_of_day);
	if (!PG_ARGISNULL(0))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	now = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(DirectFunctionCall1(timestamptz_date, now));
	local = DirectFunctionCall2(timestamptz_zone, PG_GETARG_DATUM(1), now);
	PG_RETURN_DATUM(DirectFunctionCall1(timestamp_date, local));
}

/*
 * clv.is_expression(fragment text): does "SELECT (fragment)" parse as one
 * statement that selects one thing and nothing else?
 */
Datum
clv_is_expression(PG_FUNCTION_ARGS)
{
	char	   *query = psprintf("SELECT (\n%s\n)", text_to_cstring(PG_GETARG_TEXT_PP(0)));
	List	   *statements = raw_parser(query, RAW_PARSE_DEFAULT);
	SelectStmt *select;
	ResTarget  *target;

	if (list_length(statements) != 1)
		PG_RETURN_BOOL(false);
	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(select, SelectStmt) || list_length(select->targetList) != 1 ||
		select->op != SETOP_NONE || select->distinctClause != NIL ||
		select->intoClause != NULL || select->fromClause != NIL ||
		select->whereClause != NULL || select->groupClause != NIL ||
		select->havingClause != NULL || select->windowClause != NIL ||
		select->sortClause != NIL || select->limitOffset != NULL ||
		select->limitCount != NULL || select->lockingClause != NIL ||
		select->withClause != NULL)
		PG_RETURN_BOOL(false);
	target = linitial_node(ResTarget, select->targetList);
	PG_RETURN_BOOL(target->name == NULL && target->indirection == NIL);
}

static bool
is_table(Oid relation)
{
	char		kind = get_rel_relkind(relation);

	return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_FOREIGN_TABLE;
}

/*
 * The planner's support for clv.sees_every_row: of a table it is known already
 * when a plan is made, so that plans need not hold, and cost, both what is for
 * roles who see every row and what is for others.  Such a plan is for the
 * current role and for the table as it is, as one is whose row-level security
 * PostgreSQL itself has resolved.
 */
Datum
clv_sees_every_row_support(PG_FUNCTION_ARGS)
{
	SupportRequestSimplify *request = (SupportRequestSimplify *) PG_GETARG_POINTER(0);
	Const	   *source;
	Oid			relation;

	if (!IsA(request, SupportRequestSimplify) || request->root == NULL)
		PG_RETURN_POINTER(NULL);
	source = linitial(request->fcall->args);
	if (!IsA(source, Const) || source->constisnull)
		PG_RETURN_POINTER(NULL);
	relation = DatumGetObjectId(source->constvalue);
	if (!is_table(relation))
		PG_RETURN_POINTER(NULL);
	request->root->glob->dependsOnRole = true;
	request->root->glob->relationOids = lappend_oid(request->root->glob->relationOids, relation);
	PG_RETURN_POINTER(makeBoolConst(check_enable_rls(relation, InvalidOid, true) != RLS_ENABLED, false));
}
