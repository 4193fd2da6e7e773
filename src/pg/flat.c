/*-------------------------------------------------------------------------
 *
 * flat.c
 *	  Input and output of values that are canonical bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"

#include "pg/error.h"
#include "pg/flat.h"
#include "pg/state.h"

Datum
clv_flat_recv(FunctionCallInfo fcinfo, ClvValidate validate, ClvStatus status)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			size = message->len - message->cursor;
	struct varlena *flat = palloc(size + VARHDRSZ);

	SET_VARSIZE(flat, size + VARHDRSZ);
	pq_copymsgbytes(message, VARDATA(flat), size);
	if (validate((const uint8 *) VARDATA(flat), size) != CLV_OK)
		clv_raise(status, "The value has %d bytes.", size);
	PG_RETURN_POINTER(flat);
}

Datum
clv_flat_send(FunctionCallInfo fcinfo)
{
	struct varlena *flat = PG_GETARG_VARLENA_PP(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

Datum
clv_flat_in(FunctionCallInfo fcinfo, ExpandedObjectHeader *state, ClvValidate validate,
			ClvStatus status, const char *detail)
{
	struct varlena *flat = (struct varlena *) DatumGetPointer(clv_flat_state(state));

	if (validate((const uint8 *) VARDATA(flat), VARSIZE(flat) - VARHDRSZ) != CLV_OK)
	{
		clv_save(fcinfo->context, status, "%s", detail);
		PG_RETURN_NULL();
	}
	PG_RETURN_POINTER(flat);
}

Datum
clv_flat_syntax_error(FunctionCallInfo fcinfo, ClvStatus status, const char *at)
{
	clv_save(fcinfo->context, status, "It cannot be read from character %d on: \"%.40s\".",
			 (int) (at - PG_GETARG_CSTRING(0)) + 1, at);
	PG_RETURN_NULL();
}
