# clv: PGXS build. The version is read from the control file and stands nowhere else.
EXTENSION = clv
CLV_VERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" clv.control)

MODULE_big = clv
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*/*.c)))
FRAGMENTS = $(sort $(wildcard sql/install/*.sql))
SCRIPT = sql/clv--$(CLV_VERSION).sql
# Install scripts of released versions stay: CREATE EXTENSION clv VERSION makes them, and update scripts start from them.
PREVIOUS = $(patsubst sql/clv--%.sql,%,$(shell ls sql/clv--*.sql | grep -v -e '--.*--' -e '^$(SCRIPT)$$' | sort -V | tail -n 1))
UPDATE = sql/clv--$(PREVIOUS)--$(CLV_VERSION).sql
UPDATE_BY_HAND = $(wildcard sql/update/$(PREVIOUS)--$(CLV_VERSION).sql)
DATA_built = $(SCRIPT) $(UPDATE)
DATA = $(filter-out $(DATA_built),$(wildcard sql/clv--*.sql))

REGRESS = $(sort $(patsubst sql/%.sql,%,$(filter-out sql/clv--%.sql,$(wildcard sql/*.sql))))
REGRESS_OPTS = --load-extension=clv
EXTRA_CLEAN = $(DATA_built) test/unit/build test/fuzz/build

PG_CPPFLAGS = -I$(srcdir)/src -DCLV_VERSION='"$(CLV_VERSION)"'
# Contraction into fused multiply-add would make a fitted model depend on the machine that built it.
PG_CFLAGS = -ffp-contract=off -Wall -Wextra -Wshadow \
	-Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
ifdef WERROR
PG_CFLAGS += -Werror
endif
SHLIB_LINK = -lm

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(PGXS),)
$(error PostgreSQL's server headers were not found: install postgresql-server-dev-NN or set PG_CONFIG)
endif
include $(PGXS)

# Calls between our own files need not go through the table of foreign functions.
ifeq ($(PORTNAME),linux)
SHLIB_LINK += -Wl,-Bsymbolic-functions
endif

ifneq ($(filter 9.% 10 11 12 13 14,$(MAJORVERSION)),)
$(error clv needs PostgreSQL 15 or newer, this is $(MAJORVERSION))
endif

# PGXS tracks no header dependencies in Debian's build.
$(OBJS): $(wildcard src/*/*.h) Makefile

all: $(DATA_built)
$(SCRIPT): $(FRAGMENTS) clv.control
	cat $(FRAGMENTS) > $@
$(UPDATE): sql/clv--$(PREVIOUS).sql $(SCRIPT) $(UPDATE_BY_HAND) dev/update dev/sql.pl
	perl dev/update sql/clv--$(PREVIOUS).sql $(SCRIPT) $(UPDATE_BY_HAND) > $@.part
	mv $@.part $@

.PHONY: unit
unit:
	$(MAKE) -C test/unit check
