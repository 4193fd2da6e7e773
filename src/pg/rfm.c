/*-------------------------------------------------------------------------
 *
 * rfm.c
 *	  The window function clv.rfm_score, and rows of three scores.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"

#include "pg/history.h"
#include "pg/rfm.h"
#include "pg/score.h"

/*
 * Rows of scores
 */

void
clv_rfm_rows_init(ClvRfmRows *rows, FunctionCallInfo fcinfo)
{
	MemoryContext old_context = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

	memset(rows, 0, sizeof(ClvRfmRows));
	rows->context = CurrentMemoryContext;
	if (get_call_result_type(fcinfo, NULL, &rows->descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "scores are a row");
	rows->descriptor = BlessTupleDesc(rows->descriptor);
	MemoryContextSwitchTo(old_context);
}

static Datum
build_row(const ClvRfmRows *rows, int r, int f, int m)
{
	bool		nulls[CLV_RFM_AXES] = {false};
	Datum		values[CLV_RFM_AXES];

	values[0] = Int32GetDatum(r);
	values[1] = Int32GetDatum(f);
	values[2] = Int32GetDatum(m);
	return HeapTupleGetDatum(heap_form_tuple(rows->descriptor, values, nulls));
}

Datum
clv_rfm_row(ClvRfmRows *rows, int r, int f, int m)
{
	Datum	   *kept;

	if (Max(r, Max(f, m)) > CLV_RFM_KEPT)
		return build_row(rows, r, f, m);
	kept = &rows->kept[r - 1][f - 1][m - 1];
	if (*kept == 0)
	{
		MemoryContext old_context = MemoryContextSwitchTo(rows->context);

		*kept = build_row(rows, r, f, m);
		MemoryContextSwitchTo(old_context);
	}
	return *kept;
}

/*
 * The window function
 */

/* The scores of all rows of a partition on each axis, in its local memory. */
typedef struct RfmAnswers
{
	bool		ready;
	uint16	   *scores[CLV_RFM_AXES];
} RfmAnswers;

typedef struct RfmTaker
{
	RfmAnswers *answers;
	ClvPartition values[CLV_RFM_AXES];
} RfmTaker;

/* Histories without a purchase have no scores. */
static void
take_history(void *taker, int64 row, Datum value)
{
	RfmTaker   *to = taker;
	ClvHistorySummary summary = clv_history_summary(value);

	if (summary.purchase_days == 0)
		return;
	for (int axis = 0; axis < CLV_RFM_AXES; axis++)
		to->answers->scores[axis][row] = 1;
	clv_partition_append(&to->values[CLV_RFM_LAST_ORDER], summary.last_day, 0);
	clv_partition_append(&to->values[CLV_RFM_PURCHASE_DAYS], summary.purchase_days, 0);
	clv_partition_append(&to->values[CLV_RFM_REVENUE], summary.revenue, summary.scale);
}

static void
score_histories(RfmAnswers *answers, WindowObject window, int bins)
{
	RfmTaker	taker = {answers};

	for (int axis = 0; axis < CLV_RFM_AXES; axis++)
	{
		answers->scores[axis] = clv_answers_allocate(answers, window);
		clv_partition_start(&taker.values[axis], window);
	}
	clv_window_scan(window, take_history, &taker);
	for (int axis = 0; axis < CLV_RFM_AXES; axis++)
		clv_score_values(answers->scores[axis], &taker.values[axis], bins);
}

PG_FUNCTION_INFO_V1(clv_rfm_score);
Datum
clv_rfm_score(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	ClvRfmRows *rows = fcinfo->flinfo->fn_extra;
	RfmAnswers *answers;
	int64		row;

	if (!WindowObjectIsValid(window))
		elog(ERROR, "clv.rfm_score called outside a window");
	answers = WinGetPartitionLocalMemory(window, sizeof(RfmAnswers));
	if (!answers->ready)
	{
		int			bins = clv_bins_argument(fcinfo);

		answers->ready = true;
		if (bins > 0)
			score_histories(answers, window, bins);
	}
	row = WinGetCurrentPosition(window);
	if (answers->scores[0] == NULL || answers->scores[0][row] == 0)
		PG_RETURN_NULL();
	if (rows == NULL)
	{
		rows = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(ClvRfmRows));
		clv_rfm_rows_init(rows, fcinfo);
		fcinfo->flinfo->fn_extra = rows;
	}
	PG_RETURN_DATUM(clv_rfm_row(rows, answers->scores[0][row], answers->scores[1][row], answers->scores[2][row]));
}
