/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "edit.h"

#include <dlfcn.h>
#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

#include "history.h"
#include "signals.h"
#include "text.h"

#define LIBRARY "libedit.so.2"
#define CTRL_C	3

#define FUNCTIONS(F)    \
	F(el_init)      \
	F(el_end)       \
	F(el_set)       \
	F(el_wset)      \
	F(el_gets)      \
	F(el_line)      \
	F(el_insertstr) \
	F(history_init) \
	F(history_end)  \
	F(history)

/* Loaded at run time, for it is of use in a shell only. */
struct library {
#define DECLARE(name) __typeof__(name) *name;
	FUNCTIONS(DECLARE)
};

struct edit {
	struct library lib;
	EditLine *el;
	History *history;
	const char *prompt;
	edit_complete_fn complete;
	void *data;
	bool given_up;
};

static bool load(struct library *lib)
{
	static const char *const names[] = {
#define NAME(name) #name,
		FUNCTIONS(NAME)
	};
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	void **function = (void **)lib;

	for (size_t i = 0; handle && i < ARRAY_SIZE(names); i++) {
		function[i] = dlsym(handle, names[i]);
		if (!function[i])
			handle = NULL;
	}
	return handle;
}

/*
 * The editor it belongs to. The library's functions take nothing else along;
 * what tells them is in the editor, and what reads that in the library: a
 * program has one terminal.
 */
static struct edit *current;

static char *show_prompt(EditLine *el)
{
	(void)el;
	return (char *)current->prompt;
}

/*
 * libedit would go on reading after a signal. SIGINT, from whoever it comes, is
 * as good as the key; what asks to end is an end of file.
 */
static int get_char(EditLine *el, wchar_t *ret)
{
	mbstate_t state = { 0 };
	char c;

	(void)el;
	for (;;) {
		ssize_t n = signals_read(STDIN_FILENO, &c, 1);
		size_t length;

		if (n < 0 && errno == EINTR) {
			/* Such as SIGWINCH. */
			if (!signals_caught())
				continue;
			signals_forget();
			*ret = CTRL_C;
			return !signals_caught();
		}
		if (n <= 0)
			return (int)n;
		length = mbrtowc(ret, &c, 1, &state);
		if (length == 0 || length == 1)
			return 1;
		/* What is no character is not typed. */
		if (length == (size_t)-1)
			state = (mbstate_t){ 0 };
	}
}

static unsigned char give_up(EditLine *el, int c)
{
	(void)el;
	(void)c;
	current->given_up = true;
	printf("^C\n");
	fflush(stdout);
	return CC_NEWLINE;
}

static void list_candidates(const struct candidates *c)
{
	size_t widest = 0, columns;

	for (size_t i = 0; i < c->count; i++)
		if (strlen(c->words[i]) > widest)
			widest = strlen(c->words[i]);
	columns = 78 / (widest + 2);
	if (!columns)
		columns = 1;
	for (size_t i = 0; i < c->count; i++) {
		_auto_free_ char *valid = text_utf8(c->words[i]);
		_auto_free_ char *word = text_printable(valid);

		printf("%s%-*s", i % columns ? "  " : "\n", (int)widest, word);
	}
	putchar('\n');
	fflush(stdout);
}

static unsigned char complete(EditLine *el, int key)
{
	const LineInfo *info = current->lib.el_line(el);
	_auto_free_ char *text = x_asprintf(
		"%.*s", (int)(info->cursor - info->buffer), info->buffer);
	_auto_free_ char *addition = NULL;
	struct candidates c;
	unsigned char ret = CC_ERROR;

	(void)key;
	current->complete(current->data, text, &c);
	addition = candidates_addition(&c);
	if (addition) {
		current->lib.el_insertstr(el, addition);
		ret = CC_REFRESH;
	} else if (c.count) {
		list_candidates(&c);
		ret = CC_REDISPLAY;
	}
	candidates_clear(&c);
	return ret;
}

static void enter(void *data, const char *text)
{
	struct edit *e = data;
	HistEvent event;

	e->lib.history(e->history, &event, H_ENTER, text);
}

static void set_up(struct edit *e)
{
	const struct library *lib = &e->lib;
	HistEvent event;

	lib->history(e->history, &event, H_SETSIZE, HISTORY_MOST);
	lib->history(e->history, &event, H_SETUNIQUE, 1);
	history_load(enter, e);
	lib->el_set(e->el, EL_PROMPT, show_prompt);
	lib->el_set(e->el, EL_EDITOR, "emacs");
	lib->el_set(e->el, EL_HIST, lib->history, e->history);
	lib->el_set(e->el, EL_GETCFN, get_char);
	/* Through the other call the names would be lost memory. */
	lib->el_wset(e->el, EL_ADDFN, L"vdevctl-complete", L"complete",
		     complete);
	lib->el_set(e->el, EL_BIND, "^I", "vdevctl-complete", NULL);
	lib->el_wset(e->el, EL_ADDFN, L"vdevctl-give-up", L"give up", give_up);
	lib->el_set(e->el, EL_BIND, "^C", "vdevctl-give-up", NULL);
	lib->el_set(e->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	/* While a line is edited the key is a key, and no signal. */
	lib->el_set(e->el, EL_SETTY, "-d", "-isig", NULL);
}

struct edit *edit_new(const char *prompt, edit_complete_fn fn, void *data,
		      char **why)
{
	struct edit *e = x_alloc(1, sizeof(*e));

	if (!load(&e->lib)) {
		*why = x_strdup(dlerror());
		free(e);
		return NULL;
	}
	e->prompt = prompt;
	e->complete = fn;
	e->data = data;
	e->history = e->lib.history_init();
	e->el = e->lib.el_init("vdevctl", stdin, stdout, stderr);
	if (!e->el || !e->history) {
		*why = x_strdup("the terminal cannot be used");
		edit_free(e);
		return NULL;
	}
	current = e;
	set_up(e);
	return e;
}

void edit_free(struct edit *e)
{
	if (!e)
		return;
	if (e->el)
		e->lib.el_end(e->el);
	if (e->history)
		e->lib.history_end(e->history);
	if (current == e)
		current = NULL;
	free(e);
}

int edit_read(struct edit *e, char **ret)
{
	int count = 0;
	const char *text;

	e->given_up = false;
	/* Before the prompt, so that what is typed at once is not lost. */
	e->lib.el_set(e->el, EL_PREP_TERM, 1);
	text = e->lib.el_gets(e->el, &count);
	if (e->given_up)
		return -1;
	if (!text || count <= 0)
		return 0;
	*ret = x_asprintf("%.*s", (int)strcspn(text, "\n"), text);
	return 1;
}

void edit_remember(struct edit *e, const char *text)
{
	enter(e, text);
	history_add(text);
}
