"""Modules that are imported late: from where they were at the start, unseen by whoever listens to an operator."""

import os
import subprocess
import sys

from axiomkd.core.late import late

SHADOWED = """
import sys
from axiomkd.core.late import brought, importing, late
sys.path.insert(0, {folder!r})
colors = late("colorsys")
assert "colorsys" not in sys.modules
print(colors.rgb_to_hsv(0, 0, 0), brought("colorsys"), importing(), sys.path[0] == {folder!r})
import colorsys
print(colorsys is sys.modules["colorsys"], colorsys.rgb_to_hsv is colors.rgb_to_hsv)
"""
LISTENED = """
import os, sysconfig
from axiomkd.core.late import late
from axiomkd.run.cache import dependencies
from axiomkd.run.cache.dependencies import Listener
dependencies._STANDARD = (sysconfig.get_path("stdlib") + os.sep,)  # an environment's packages may lie below its own
listener = Listener()
{how}
found = listener.dependencies()
print(any("z3" in one for one in [*found.files, *found.absent]), found.unsure)
"""


def ran(code, cwd):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")


def test_a_file_of_the_operator_s_folder_does_not_shadow_a_late_module(tmp_path):
    (tmp_path / "colorsys.py").write_text("def rgb_to_hsv(*_): return 'shadow'\n")
    first, second, _ = ran(SHADOWED.format(folder=str(tmp_path)), os.getcwd())
    assert first == "(0.0, 0.0, 0) True False True"
    assert second == "True True"


def test_what_only_this_operator_s_path_has_is_found_too(tmp_path):
    (tmp_path / "only_here_as_it_were.py").write_text("x = 3\n")
    code = (
        f"import sys\nfrom axiomkd.core.late import late\nsys.path.append({str(tmp_path)!r})\n"
        "print(late('only_here_as_it_were').x)"
    )
    assert ran(code, os.getcwd())[0] == "3"


def test_a_late_module_is_nothing_that_an_answer_leans_on(tmp_path):
    assert ran(LISTENED.format(how="late('z3').Real"), tmp_path)[0] == "False "
    assert ran(LISTENED.format(how="import z3"), tmp_path)[0].startswith("True")  # or the test could not fail


def test_nothing_is_imported_for_what_python_asks_of_every_module():
    module = late("no_such_module_anywhere")
    assert not hasattr(module, "__path__") and not hasattr(module, "__wrapped__")
