#!/usr/bin/env bash
# Names what this machine lacks for the set-up, with the command that installs it.
set -u
python=$1
lacking=()
if [ -z "$python" ]; then
    echo "No Python 3.11, 3.12 or 3.13 found. Install one: apt-get install python3.11 python3.11-venv" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    echo "$python does not run, or is not Python 3.11 to 3.13. Name another: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi
"$python" -c 'import venv, ensurepip' 2>/dev/null || lacking+=("$python-venv")
command -v gcc >/dev/null || lacking+=(gcc)
command -v g++ >/dev/null || lacking+=(g++)
if [ ${#lacking[@]} -gt 0 ]; then
    echo "This machine lacks: ${lacking[*]}. Install: apt-get install ${lacking[*]}" >&2
    exit 1
fi
