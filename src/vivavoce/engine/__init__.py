"""The engines that come with Vivavoce, a file each."""

import os

# Once imported, ONNX Runtime tells its maker about this machine, unless this is set before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
