# clv: PGXS build. The version is read from the control file and stands nowhere else.
EXTENSION = clv
CLV_VERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" clv.control)

MODULE_big = clv
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*/*.c)))
FRAGMENTS = $(sort $(wildcard sql/install/*.sql))
SCRIPT = sql/clv--$(CLV_VERSION).sql
DATA = $(filter-out $(SCRIPT),$(wildcard sql/clv--*.sql))
DATA_built = $(SCRIPT)

REGRESS = $(sort $(patsubst sql/%.sql,%,$(filter-out sql/clv--%.sql,$(wildcard sql/*.sql))))
REGRESS_OPTS = --load-extension=clv
EXTRA_CLEAN = $(SCRIPT) test/unit/build test/fuzz/build

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

all: $(SCRIPT)
$(SCRIPT): $(FRAGMENTS) clv.control
	cat $(FRAGMENTS) > $@

.PHONY: unit
unit:
	$(MAKE) -C test/unit check
