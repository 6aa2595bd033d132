/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl shell: a session at a terminal. */

#include <errno.h>
#include <locale.h>
#include <unistd.h>

#include "app.h"
#include "batch.h"
#include "edit.h"
#include "line.h"
#include "signals.h"

#define PROMPT "vdevctl> "

struct shell {
	struct app *app;
	struct session *session;
	struct edit *edit; /* NULL without libedit */
	unsigned int line;
};

static void complete(void *data, const char *text, struct candidates *ret)
{
	const struct shell *shell = data;

	complete_line(shell->app, shell->session, text, ret);
}

static bool never(void)
{
	return false;
}

/* Without libedit: lines as the terminal gives them. */
static int read_plain(char **ret)
{
	bool fatal;
	int got;

	fputs(PROMPT, stdout);
	fflush(stdout);
	got = line_read(stdin, never, ret, &fatal);
	if (got >= 0)
		return got;
	clearerr(stdin);
	if (!signals_caught())
		fprintf(stderr, "vdevctl: %s\n", *ret);
	else
		putchar('\n');
	free(*ret);
	*ret = NULL;
	return -1;
}

static int read_line(const struct shell *shell, char **ret)
{
	*ret = NULL;
	return shell->edit ? edit_read(shell->edit, ret) : read_plain(ret);
}

static void run_line(struct shell *shell, const char *text)
{
	struct app line;

	shell->line++;
	if (batch_run_line(shell->app, shell->session, shell->line, text,
			   &line)) {
		if (shell->edit)
			edit_remember(shell->edit, text);
		app_write(&line);
		(void)error_report(&line);
	}
	app_close(&line);
}

static void run_all(struct shell *shell)
{
	while (!session_ended(shell->session)) {
		_auto_free_ char *text = NULL;
		int got;

		/* What ended a command does not end the next. */
		signals_forget();
		if (signals_caught())
			return;
		got = read_line(shell, &text);
		if (got > 0) {
			run_line(shell, text);
		} else if (!got) {
			putchar('\n');
			return;
		}
	}
}

int shell_shell(struct app *app)
{
	struct shell shell = { .app = app };
	_auto_free_ char *why = NULL;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "a shell needs a terminal to be used at");
		return app_hint(app, "'vdevctl batch' reads commands from a "
				     "file or a pipe");
	}
	setlocale(LC_CTYPE, "");
	signals_catch();
	shell.session = session_new();
	shell.edit = edit_new(PROMPT, complete, &shell, &why);
	if (!shell.edit)
		app_warn(app, "lines cannot be edited: %s", why);
	run_all(&shell);
	fflush(stdout);
	edit_free(shell.edit);
	app_log_to(app);
	session_free(shell.session);
	return 0;
}
