"""Which lines are told where there is room for few: the cause and all of it, not its echoes."""

from etl.extract.logs.failing_tests import failing_tests
from etl.extract.logs.lines import read_lines
from etl.extract.logs.reading import read_log


def told(log: str) -> list[str]:
    """The lines told of a log, without blank space around them."""
    return [told.line.text.strip() for told in read_log([log.encode()]).lines]


def test_an_error_that_comes_again_leaves_the_room_to_the_first():
    stack = [f"    at frame{number} (lib/shop.js:{number}:7)" for number in range(14)]
    crash = ["ReferenceError: basket is not defined", *stack, ""]
    lines = [f"$ node bin/build.js {target}\n" + "\n".join(crash) for target in ("all", "web", "api", "docs")]
    shown = told("\n".join(lines))
    assert [line.strip() for line in crash if line] == shown[: len(crash) - 1]


def test_errors_of_a_file_are_reported_with_its_name():
    problems = "".join(f"   {line}:8  error  'x{line}' is never used  no-unused-vars\n" for line in range(9))
    files = [f"/home/runner/work/shop/src/{name}.js" for name in ("basket", "tax", "order", "web")]
    shown = told("\n".join(f"{file}\n{problems}" for file in files))
    assert shown[0] == files[0]
    assert files[1] in shown


def test_what_parallel_jobs_write_between_divides_no_error():
    log = """
src/Shop/Basket.hs:38:10: error:
[ 6 of 19] Compiling Shop.Tax ( src/Shop/Tax.hs, dist/build/Shop/Tax.o )
[ 7 of 19] Compiling Shop.Data ( src/Shop/Data.hs, dist/build/Shop/Data.o )
    The constructor `Total' takes two arguments
[ 8 of 19] Compiling Shop.Format ( src/Shop/Format.hs, dist/build/Shop/Format.o )
""" + "".join(
        f"src/M{number}.hs:1:1: error: M{number} is not here\n    in M{number}\n\n" for number in range(20)
    )
    assert "The constructor `Total' takes two arguments" in told(log)


def test_what_stands_before_a_tool_gave_up_is_shown():
    """However much is written after it, and though it sounds like nothing."""
    script = "\n".join(f"  if [ -f step{number} ]; then run step{number}; fi" for number in range(40))
    log = f"""
yarn run v1.3.2
$ prettier --list-different 'app/**/*.js'
app/routes/about.js
error Command failed with exit code 1.
The command "bash -c '
{script}
'" exited with 1.
"""
    assert "app/routes/about.js" in told(log)


def test_a_failure_of_rails_goes_on_until_how_to_run_it_again():
    log = """F

Failure:
ConsoleTest#test_is_opened [test/console_test.rb:21]:
"sqlite>" expected, but got:

.
Expected "" to include "sqlite>".

bin/rails test test/console_test.rb:18

.

Failure:
ConsoleTest#test_is_closed [test/console_test.rb:30]:
Expected nil to be truthy.

1 runs, 1 assertions, 2 failures, 0 errors, 0 skips
"""
    lines = [line.text for line in read_lines(log)]
    opened, closed = failing_tests(lines)
    assert 'Expected "" to include "sqlite>".' in opened.message
    assert lines[opened.last] == "bin/rails test test/console_test.rb:18"
    assert closed.message == "Expected nil to be truthy."
