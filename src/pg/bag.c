/*-------------------------------------------------------------------------
 *
 * bag.c
 *	  What an aggregate collects: entries of which equal ones are added up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/shmem.h"
#include "utils/memutils.h"

#include "pg/bag.h"

#define INITIAL_ENTRIES 16

void	   *
clv_bag_allocate(const ClvBag *bag, size_t count)
{
	return MemoryContextAllocHuge(bag->context, mul_size(Max(count, 1), bag->entry_size));
}

void
clv_bag_init(ClvBag *bag, MemoryContext context, size_t entry_size, ClvBagMerge merge)
{
	bag->context = context;
	bag->entry_size = entry_size;
	bag->merge = merge;
	bag->compact = true;
	bag->count = 0;
	bag->capacity = INITIAL_ENTRIES;
	bag->entries = clv_bag_allocate(bag, bag->capacity);
}

void
clv_bag_compact(ClvBag *bag)
{
	void	   *scratch;

	if (bag->compact)
		return;
	scratch = clv_bag_allocate(bag, bag->count);
	bag->count = bag->merge(bag->entries, bag->count, scratch);
	bag->compact = true;
	pfree(scratch);
}

void	   *
clv_bag_place(ClvBag *bag)
{
	if (bag->count == bag->capacity)
	{
		clv_bag_compact(bag);
		/* Less than half gained would have the next entries sort them all again. */
		if (bag->count > bag->capacity / 2)
		{
			bag->capacity = mul_size(bag->capacity, 2);
			bag->entries = repalloc_huge(bag->entries, mul_size(bag->capacity, bag->entry_size));
		}
	}
	bag->compact = false;
	return (char *) bag->entries + bag->entry_size * bag->count++;
}
