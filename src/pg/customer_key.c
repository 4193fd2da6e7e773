/*-------------------------------------------------------------------------
 *
 * customer_key.c
 *	  What a customer is known by in an order table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg/compat.h"
#include "pg/customer_key.h"

static ClvKeyKind
kind_of_type(Oid type, Oid collation)
{
	switch (getBaseType(type))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case DATEOID:
			return CLV_KEY_IS_TAG;
		case UUIDOID:
		case BYTEAOID:
			return CLV_KEY_IS_BYTES;
		case TEXTOID:
		case VARCHAROID:
			if (!OidIsValid(collation) || get_collation_isdeterministic(collation))
				return CLV_KEY_IS_BYTES;
			return CLV_KEY_HAS_OPERATORS;
		default:
			return CLV_KEY_HAS_OPERATORS;
	}
}

void
clv_customer_key_init(ClvCustomerKey *key, Oid type, Oid collation)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_HASH_EXTENDED_PROC_FINFO | TYPECACHE_EQ_OPR_FINFO);

	if (!OidIsValid(entry->hash_extended_proc_finfo.fn_oid) || !OidIsValid(entry->eq_opr_finfo.fn_oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("customers cannot be of type %s", format_type_be(type)),
				 errdetail("The type has no hash function or no equality operator.")));
	key->kind = kind_of_type(type, collation);
	key->collation = collation;
	key->length = entry->typlen;
	key->by_value = entry->typbyval;
	key->hash = &entry->hash_extended_proc_finfo;
	key->equal = &entry->eq_opr_finfo;
}

/* What is compared and hashed of a key that is passed by reference. */
static inline const char *
key_bytes(const ClvCustomerKey *key, Datum value, size_t *size)
{
	if (key->length == -1)
	{
		*size = VARSIZE_ANY_EXHDR(DatumGetPointer(value));
		return VARDATA_ANY(DatumGetPointer(value));
	}
	*size = key->length > 0 ? key->length : strlen(DatumGetCString(value));
	return DatumGetPointer(value);
}

uint64
clv_key_tag(const ClvCustomerKey *key, Datum value)
{
	const char *bytes;
	size_t		size;

	switch (key->kind)
	{
		case CLV_KEY_IS_TAG:
			return (uint64) value;
		case CLV_KEY_IS_BYTES:
			bytes = key_bytes(key, value, &size);
			return hash_bytes_extended((const unsigned char *) bytes, (int) size, 0);
		case CLV_KEY_HAS_OPERATORS:
			return DatumGetUInt64(FunctionCall2Coll(key->hash, key->collation, value, Int64GetDatum(0)));
	}
	pg_unreachable();
}

bool
clv_key_equal(const ClvCustomerKey *key, Datum left, Datum right)
{
	const char *left_bytes;
	const char *right_bytes;
	size_t		left_size;
	size_t		right_size;

	if (key->kind == CLV_KEY_HAS_OPERATORS)
		return DatumGetBool(FunctionCall2Coll(key->equal, key->collation, left, right));
	left_bytes = key_bytes(key, left, &left_size);
	right_bytes = key_bytes(key, right, &right_size);
	return left_size == right_size && memcmp(left_bytes, right_bytes, left_size) == 0;
}

Datum
clv_key_copy(const ClvCustomerKey *key, Datum value)
{
	if (key->length == -1)
		return PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	return datumCopy(value, key->by_value, key->length);
}

size_t
clv_key_size(const ClvCustomerKey *key, Datum value)
{
	return datumGetSize(value, false, key->length);
}
