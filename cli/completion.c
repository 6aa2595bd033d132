/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Completion for shells, made from the table of commands: functions that know
 * the table, and for each shell one that knows the shell.
 */

#include "completion.h"

#include "app.h"

const char *const *completion_shells(void)
{
	static const char *const words[] = { "bash", "zsh", "fish", NULL };

	return words;
}

/* --- What a shell is told of the table */

static char *first_words(void)
{
	size_t count;
	_auto_free_ const char **words = command_first_words(false, &count);

	return x_join(words, count, " ");
}

static char *verbs_of(const char *object)
{
	size_t count;
	_auto_free_ const char **words = command_verbs(object, false, &count);

	return x_join(words, count, " ");
}

/* The name by which the scripts below know what to offer. */
static char *kind_of(enum complete complete, const char *const *(*words)(void))
{
	static const char *const names[] = {
		[COMPLETE_NOTHING] = "nothing",
		[COMPLETE_DEVICES] = "devices",
		[COMPLETE_DEVLINK] = "devices",
		[COMPLETE_FILTERS] = "filters",
		[COMPLETE_GROUPS] = "groups",
		[COMPLETE_DRIVERS] = "drivers",
		[COMPLETE_USERS] = "users",
		[COMPLETE_FILES] = "files",
		[COMPLETE_COMMANDS] = "commands",
		[COMPLETE_OBJECTS] = "nothing",
	};

	return complete == COMPLETE_WORDS
		       ? x_join(words(), words_count(words()), " ")
		       : x_strdup(names[complete]);
}

#define FILTERS                                                         \
	"class= driver= driver=none id= group= bus=pci bus=mdev pf vf " \
	"class=storage class=network class=display class=multimedia "   \
	"class=memory class=bridge class=communication class=system "   \
	"class=input class=docking class=processor class=serial "       \
	"class=wireless class=accelerator"

const char *completion_filters(void)
{
	return FILTERS;
}

/* --- bash and zsh: the table as functions that both understand */

static void print_option_names(FILE *f, const struct option *options)
{
	for (; options && options->name; options++) {
		fprintf(f, " --%s", options->name);
		if (options->letter)
			fprintf(f, " -%c", options->letter);
	}
}

static void print_options(FILE *f)
{
	fputs("_vdevctl_options() {\n\tlocal own=\n\tcase \"$1\" in\n", f);
	foreach_plain_command(c)
	{
		_auto_free_ char *name = command_name(c);

		if (!c->options)
			continue;
		fprintf(f, "\t'%s') own=\"", name);
		print_option_names(f, c->options);
		fputs("\" ;;\n", f);
	}
	fputs("\tesac\n\techo \"$own", f);
	print_option_names(f, global_options);
	fputs("\"\n}\n\n", f);
}

static void print_argument(FILE *f, const char *command, const struct option *o)
{
	_auto_free_ char *kind = NULL;

	if (!o->argument)
		return;
	kind = kind_of(o->complete, o->words);
	fprintf(f, "\t'%s --%s') echo '%s%s' ;;\n", command, o->name,
		o->list ? "," : "", kind);
}

/* What follows an option, ',' in front if several can; "" for a switch. */
static void print_arguments(FILE *f)
{
	fputs("_vdevctl_argument() {\n\tcase \"$1 $2\" in\n", f);
	foreach_plain_command(c)
	{
		_auto_free_ char *name = command_name(c);

		for (const struct option *o = c->options; o && o->name; o++)
			print_argument(f, name, o);
	}
	for (const struct option *o = global_options; o->name; o++)
		print_argument(f, "'*'", o);
	fputs("\tesac\n}\n\n", f);
}

/* What a word that is no option can be. */
static void print_operands(FILE *f)
{
	_auto_free_ char *first = first_words();

	fputs("_vdevctl_operand() {\n\tcase \"$1\" in\n", f);
	fprintf(f, "\t'') echo '%s' ;;\n", first);
	foreach_plain_object(o)
	{
		_auto_free_ char *verbs = verbs_of(o->name);

		fprintf(f, "\t'%s') echo '%s' ;;\n", o->name, verbs);
	}
	foreach_plain_command(c)
	{
		_auto_free_ char *name = command_name(c);
		_auto_free_ char *kind = kind_of(c->complete, c->words);

		fprintf(f, "\t'%s') echo '%s' ;;\n", name, kind);
	}
	fputs("\tesac\n}\n\n", f);
}

/*
 * Both shells leave the command so far in $command, the option that waits for
 * its argument in $waiting, another root in $root, and in $behind how many
 * words of a program's command line there are, if that has begun.
 */
static const char common_script[] =
	"# The words that stand for a kind, or nothing for what the shell\n"
	"# knows better.\n"
	"_vdevctl_words() {\n"
	"	case \"$1\" in\n"
	"	devices)\n"
	"		vdevctl ${root:+--root=\"$root\"} list --no-header \\\n"
	"			--columns address 2>/dev/null ;;\n"
	"	filters)\n"
	"		echo '" FILTERS "'\n"
	"		_vdevctl_words devices ;;\n"
	"	groups)\n"
	"		vdevctl ${root:+--root=\"$root\"} group list \\\n"
	"			--no-header 2>/dev/null |\n"
	"			while read -r number rest; do\n"
	"				echo \"$number\"\n"
	"			done\n"
	"		_vdevctl_words devices ;;\n"
	"	drivers)\n"
	"		command ls \"$root/sys/bus/pci/drivers\" 2>/dev/null "
	";;\n"
	"	commands)\n"
	"		_vdevctl_operand '' ;;\n"
	"	nothing | users | files)\n"
	"		;;\n"
	"	*)\n"
	"		echo \"$1\" ;;\n"
	"	esac\n"
	"}\n"
	"\n"
	"# Takes the words before the one to complete.\n"
	"_vdevctl_parse() {\n"
	"	local word\n"
	"	command='' waiting='' root='' behind=''\n"
	"	while [ $# -gt 0 ]; do\n"
	"		word=$1\n"
	"		shift\n"
	"		if [ -n \"$waiting\" ]; then\n"
	"			[ \"$waiting\" != --root ] || root=$word\n"
	"			waiting=\n"
	"			continue\n"
	"		fi\n"
	"		case \"$command $word\" in\n"
	"		'exec --')\n"
	"			behind=$#\n"
	"			return ;;\n"
	"		esac\n"
	"		case \"$word\" in\n"
	"		--root=*) root=${word#*=} ;;\n"
	"		--*=*) ;;\n"
	"		-*)\n"
	"			[ -z \"$(_vdevctl_argument \"$command\" "
	"\"$word\")\" ] ||\n"
	"				waiting=$word ;;\n"
	"		*)\n"
	"			case \"$command\" in\n"
	"			'') command=$word ;;\n";

static const char common_script_end[] = "			esac ;;\n"
					"		esac\n"
					"	done\n"
					"}\n"
					"\n";

static void print_common(FILE *f)
{
	print_options(f);
	print_arguments(f);
	print_operands(f);
	fputs(common_script, f);
	foreach_plain_object(o) fprintf(
		f, "\t\t\t'%s') command=\"$command $word\" ;;\n", o->name);
	fputs(common_script_end, f);
}

static const char bash_script[] =
	"# The program's own completion, where bash-completion is loaded.\n"
	"_vdevctl_program() {\n"
	"	local i\n"
	"	if declare -F _command_offset >/dev/null; then\n"
	"		for i in \"${!COMP_WORDS[@]}\"; do\n"
	"			[ \"${COMP_WORDS[i]}\" != -- ] || break\n"
	"		done\n"
	"		_command_offset $((i + 1))\n"
	"	elif [ \"$behind\" -eq 0 ]; then\n"
	"		mapfile -t COMPREPLY < <(compgen -c -- \"$1\")\n"
	"	else\n"
	"		compopt -o filenames\n"
	"		mapfile -t COMPREPLY < <(compgen -f -- \"$1\")\n"
	"	fi\n"
	"}\n"
	"\n"
	"_vdevctl() {\n"
	"	local line=${COMP_LINE:0:COMP_POINT} typed part kind before "
	"cur\n"
	"	local command waiting root behind\n"
	"	local -a words\n"
	"	read -ra words <<<\"$line\"\n"
	"	case \"$line\" in\n"
	"	*[[:space:]]) words+=('') ;;\n"
	"	esac\n"
	"	typed=${words[${#words[@]} - 1]}\n"
	"	_vdevctl_parse \"${words[@]:1:${#words[@]} - 2}\"\n"
	"	if [ -n \"$behind\" ]; then\n"
	"		_vdevctl_program \"$typed\"\n"
	"		return\n"
	"	fi\n"
	"	cur=$typed before=\n"
	"	case \"$waiting$typed\" in\n"
	"	--*=*)\n"
	"		waiting=${typed%%=*}\n"
	"		before=$waiting= cur=${typed#*=} ;;\n"
	"	esac\n"
	"	if [ -n \"$waiting\" ]; then\n"
	"		kind=$(_vdevctl_argument \"$command\" \"$waiting\")\n"
	"	elif [ \"${cur:0:1}\" = - ]; then\n"
	"		kind=$(_vdevctl_options \"$command\")\n"
	"	else\n"
	"		kind=$(_vdevctl_operand \"$command\")\n"
	"	fi\n"
	"	case \"$kind\" in\n"
	"	,*)\n"
	"		kind=${kind#,}\n"
	"		case \"$cur\" in\n"
	"		*,*) before+=${cur%,*}, cur=${cur##*,} ;;\n"
	"		esac\n"
	"		compopt -o nospace ;;\n"
	"	users)\n"
	"		mapfile -t COMPREPLY < <(compgen -P \"$before\" -u -- "
	"\"$cur\")\n"
	"		;;\n"
	"	files)\n"
	"		compopt -o filenames\n"
	"		mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"		return ;;\n"
	"	esac\n"
	"	[ \"$kind\" = users ] ||\n"
	"		mapfile -t COMPREPLY < <(compgen -P \"$before\" \\\n"
	"			-W \"$(_vdevctl_words \"$kind\")\" -- "
	"\"$cur\")\n"
	"	case \"${COMPREPLY[*]}\" in\n"
	"	*=) compopt -o nospace ;;\n"
	"	esac\n"
	"	# readline takes what follows the last ':' or '=' for the "
	"word.\n"
	"	part=${COMP_WORDS[COMP_CWORD]}\n"
	"	case \"$part\" in\n"
	"	: | =) part= ;;\n"
	"	esac\n"
	"	before=${typed%\"$part\"}\n"
	"	COMPREPLY=(\"${COMPREPLY[@]#\"$before\"}\")\n"
	"}\n"
	"\n"
	"complete -F _vdevctl vdevctl\n";

static const char zsh_script[] =
	"_vdevctl() {\n"
	"	local cur=$PREFIX kind command waiting root behind\n"
	"	local -a found\n"
	"	_vdevctl_parse \"${(@)words[2,CURRENT-1]}\"\n"
	"	if [[ -n $behind ]]; then\n"
	"		shift $((CURRENT - behind - 1)) words\n"
	"		CURRENT=$((behind + 1))\n"
	"		_normal\n"
	"		return\n"
	"	fi\n"
	"	if [[ -z $waiting && $cur == --*=* ]]; then\n"
	"		waiting=${cur%%=*}\n"
	"		compset -P 1 '*='\n"
	"	fi\n"
	"	if [[ -n $waiting ]]; then\n"
	"		kind=$(_vdevctl_argument \"$command\" \"$waiting\")\n"
	"	elif [[ $cur == -* ]]; then\n"
	"		kind=$(_vdevctl_options \"$command\")\n"
	"	else\n"
	"		kind=$(_vdevctl_operand \"$command\")\n"
	"	fi\n"
	"	case $kind in\n"
	"	users) _users; return ;;\n"
	"	files) _files; return ;;\n"
	"	,*)\n"
	"		compset -P '*,'\n"
	"		kind=${kind#,} ;;\n"
	"	esac\n"
	"	found=($(_vdevctl_words \"$kind\"))\n"
	"	compadd -S '' -- ${(M)found:#*=}\n"
	"	compadd -- ${found:#*=}\n"
	"}\n"
	"\n"
	"# Loaded by the first completion this file is the function itself.\n"
	"if [[ ${funcstack[1]} == _vdevctl ]]; then\n"
	"	_vdevctl \"$@\"\n"
	"else\n"
	"	compdef _vdevctl vdevctl\n"
	"fi\n";

/* --- fish, which has a table of its own */

/* Text between single quotes. */
static void print_quoted(FILE *f, const char *text)
{
	fputc('\'', f);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', f);
		fputc(*text, f);
	}
	fputc('\'', f);
}

static const char fish_script[] =
	"# Which command the line has so far, without what belongs to "
	"options; behind\n"
	"# the -- of 'exec' it begins with that.\n"
	"function __vdevctl_command\n"
	"	set -l skip 0\n"
	"	set -l found\n"
	"	for word in (commandline -opc)[2..-1]\n"
	"		if test $skip = 1\n"
	"			set skip 0\n"
	"			continue\n"
	"		end\n"
	"		switch $word\n"
	"			case --root --force --color\n"
	"				set skip 1\n"
	"			case --\n"
	"				if test \"$found[1]\" = exec\n"
	"					set found -- $found\n"
	"					break\n"
	"				end\n"
	"			case '-*'\n"
	"			case '*'\n"
	"				set -a found $word\n"
	"		end\n"
	"	end\n"
	"	string join ' ' -- $found\n"
	"end\n"
	"\n"
	"function __vdevctl_is\n"
	"	set -l command (__vdevctl_command)\n"
	"	test \"$command\" = \"$argv[1]\"\n"
	"	or string match -q -- \"$argv[1] *\" \"$command\"\n"
	"end\n"
	"\n"
	"# What the program of 'exec' is offered.\n"
	"function __vdevctl_program\n"
	"	set -l line\n"
	"	set -l behind 0\n"
	"	for word in (commandline -opc)\n"
	"		if test $behind = 1\n"
	"			set -a line (string escape -- $word)\n"
	"		else if test \"$word\" = --\n"
	"			set behind 1\n"
	"		end\n"
	"	end\n"
	"	set -a line (commandline -ct)\n"
	"	complete -C \"$line\"\n"
	"end\n"
	"\n"
	"function __vdevctl_devices\n"
	"	vdevctl list --no-header --columns address,name 2>/dev/null |\n"
	"		string replace -r '  +' '\\t'\n"
	"end\n"
	"\n"
	"function __vdevctl_groups\n"
	"	vdevctl group list --no-header 2>/dev/null |\n"
	"		string replace -r '^ *(\\d+).*' '$1'\n"
	"	__vdevctl_devices\n"
	"end\n"
	"\n"
	"function __vdevctl_filters\n"
	"	string split ' ' -- '" FILTERS "'\n"
	"	__vdevctl_devices\n"
	"end\n"
	"\n"
	"function __vdevctl_drivers\n"
	"	command ls /sys/bus/pci/drivers 2>/dev/null\n"
	"end\n"
	"\n"
	"complete -c vdevctl -f\n"
	"complete -c vdevctl -n 'string match -q -- \"-- *\" "
	"\"$(__vdevctl_command)\"' -a '(__vdevctl_program)'\n";

static void print_fish_words(FILE *f, enum complete complete,
			     const char *const *(*words)(void))
{
	_auto_free_ char *kind = kind_of(complete, words);

	switch (complete) {
	case COMPLETE_DEVICES:
	case COMPLETE_DEVLINK:
	case COMPLETE_FILTERS:
	case COMPLETE_GROUPS:
	case COMPLETE_DRIVERS:
		fprintf(f, " -a '(__vdevctl_%s)'", kind);
		break;
	case COMPLETE_USERS:
		fputs(" -a '(__fish_complete_users)'", f);
		break;
	case COMPLETE_FILES:
		fputs(" -F", f);
		break;
	case COMPLETE_COMMANDS:
	case COMPLETE_WORDS:
		if (complete == COMPLETE_COMMANDS) {
			free(kind);
			kind = first_words();
		}
		fputs(" -a ", f);
		print_quoted(f, kind);
		break;
	case COMPLETE_OBJECTS:
	case COMPLETE_NOTHING:
		break;
	}
}

static void print_fish_options(FILE *f, const char *command,
			       const struct option *options)
{
	for (; options && options->name; options++) {
		fputs("complete -c vdevctl", f);
		if (command)
			fprintf(f, " -n \"__vdevctl_is '%s'\"", command);
		fprintf(f, " -l %s", options->name);
		if (options->letter)
			fprintf(f, " -s %c", options->letter);
		if (options->argument) {
			fputs(options->complete == COMPLETE_FILES ? " -r"
								  : " -x",
			      f);
			print_fish_words(f, options->complete, options->words);
		}
		fputs(" -d ", f);
		print_quoted(f, options->help);
		fputc('\n', f);
	}
}

static void print_fish_word(FILE *f, const char *before, const char *word,
			    const char *summary)
{
	fprintf(f,
		"complete -c vdevctl -n 'test \"$(__vdevctl_command)\" = "
		"\"%s\"' -a %s -d ",
		before, word);
	print_quoted(f, summary);
	fputc('\n', f);
}

static void print_fish(FILE *f)
{
	fputs(fish_script, f);
	print_fish_options(f, NULL, global_options);
	foreach_plain_object(o) print_fish_word(f, "", o->name, o->summary);
	foreach_plain_command(c)
	{
		_auto_free_ char *name = command_name(c);

		print_fish_word(f, c->object ? c->object : "", c->verb,
				c->summary);
		print_fish_options(f, name, c->options);
		fprintf(f, "complete -c vdevctl -n \"__vdevctl_is '%s'\"",
			name);
		print_fish_words(f, c->complete, c->words);
		fputc('\n', f);
	}
}

int completion_print(struct app *app)
{
	const char *shell = app->args.operands[0];
	bool fish = str_eq(shell, "fish"), zsh = str_eq(shell, "zsh");
	FILE *f = app->out.stream;

	if (!fish && !zsh && !str_eq(shell, "bash"))
		return app_fail(app, VDEV_ERROR_INVALID,
				"there is completion for bash, zsh and fish, "
				"not for '%s'",
				shell);
	fprintf(f,
		"%s# %s completion for vdevctl, made by 'vdevctl "
		"completion'\n\n",
		zsh ? "#compdef vdevctl\n" : "", shell);
	if (fish) {
		print_fish(f);
		return 0;
	}
	print_common(f);
	fputs(zsh ? zsh_script : bash_script, f);
	return 0;
}
