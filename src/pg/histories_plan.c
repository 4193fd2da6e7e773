/*-------------------------------------------------------------------------
 *
 * histories_plan.c
 *	  What the planner is told of clv.histories: how many customers a table
 *	  has, and what it costs to read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

/* Orders per customer where the table was not analyzed. */
#define TYPICAL_ORDERS 10

/* What an order costs beside reading its row, in operators. */
#define OPERATORS_PER_ORDER 10

typedef struct Source
{
	double		pages;
	double		orders;
	double		customers;
} Source;

static bool
constant_argument(List *arguments, int n, Datum *value)
{
	Const	   *argument = list_nth(arguments, n);

	*value = IsA(argument, Const) ? argument->constvalue : (Datum) 0;
	return IsA(argument, Const) && !argument->constisnull;
}

/* Different customers by the statistics of their column, which include child tables where there are any. */
static double
count_customers(Relation relation, AttrNumber column, double orders)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(RelationGetRelid(relation)),
										Int16GetDatum(column), BoolGetDatum(true));
	double		distinct = 0;

	if (!HeapTupleIsValid(tuple))
		tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(RelationGetRelid(relation)),
								Int16GetDatum(column), BoolGetDatum(false));
	if (HeapTupleIsValid(tuple))
	{
		distinct = ((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct;
		ReleaseSysCache(tuple);
	}
	if (distinct < 0)
		distinct *= -orders;
	return clamp_row_est(distinct > 0 ? Min(distinct, orders) : orders / TYPICAL_ORDERS);
}

/*
 * The table of a call with constant arguments, as far as one knows of it who
 * may read its customers: views and foreign tables say nothing.
 */
static bool
find_source(Node *call, Source *source)
{
	List	   *arguments = call != NULL && IsA(call, FuncExpr) ? ((FuncExpr *) call)->args : NIL;
	Datum		table;
	Datum		customer;
	AttrNumber	column;
	Relation	relation;
	BlockNumber pages;
	double		visible;
	bool		known;

	if (list_length(arguments) < 2 || !constant_argument(arguments, 0, &table) ||
		!constant_argument(arguments, 1, &customer))
		return false;
	column = get_attnum(DatumGetObjectId(table), NameStr(*DatumGetName(customer)));
	if (column <= 0 ||
		(pg_class_aclcheck(DatumGetObjectId(table), GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		 pg_attribute_aclcheck(DatumGetObjectId(table), column, GetUserId(), ACL_SELECT) != ACLCHECK_OK))
		return false;
	relation = try_relation_open(DatumGetObjectId(table), AccessShareLock);
	if (relation == NULL)
		return false;
	known = relation->rd_rel->relkind == RELKIND_RELATION || relation->rd_rel->relkind == RELKIND_MATVIEW ||
		relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
	if (known)
	{
		if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		{
			/* Analyzing it counts the rows of its parts, but not their pages. */
			source->orders = relation->rd_rel->reltuples;
			source->pages = source->orders / 100;
			known = source->orders >= 0;
		}
		else
		{
			estimate_rel_size(relation, NULL, &pages, &source->orders, &visible);
			source->pages = pages;
		}
		source->customers = count_customers(relation, column, source->orders);
	}
	relation_close(relation, AccessShareLock);
	return known;
}

PG_FUNCTION_INFO_V1(clv_histories_support);

Datum
clv_histories_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);
	Source		source;

	if (IsA(request, SupportRequestRows))
	{
		SupportRequestRows *rows = (SupportRequestRows *) request;

		if (find_source(rows->node, &source))
		{
			rows->rows = source.customers;
			PG_RETURN_POINTER(rows);
		}
	}
	else if (IsA(request, SupportRequestCost))
	{
		SupportRequestCost *cost = (SupportRequestCost *) request;

		/* All of it comes before the first row. */
		if (find_source(cost->node, &source))
		{
			cost->startup = source.pages * seq_page_cost +
				source.orders * (cpu_tuple_cost + OPERATORS_PER_ORDER * cpu_operator_cost);
			cost->per_tuple = 0;
			PG_RETURN_POINTER(cost);
		}
	}
	PG_RETURN_POINTER(NULL);
}
