"""Whether this process may go on as several copies of itself."""

from __future__ import annotations

import sys
import threading

# Their threads do not live on in a copy of the process, which would wait for them for ever.
THREADED = ("torch", "tensorflow", "jax", "cv2")


def is_safe() -> bool:
    """Whether this process may be copied: on Linux, from its main thread, without threads that compute."""
    return (
        sys.platform == "linux"
        and threading.current_thread() is threading.main_thread()
        and not any(name in sys.modules for name in THREADED)
    )
