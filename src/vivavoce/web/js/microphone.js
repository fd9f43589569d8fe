// The microphone and the devices, and what stands in the way of them in words.

/** Why there is no microphone. `words` say what to do. */
export class NoMicrophone extends Error {}

const WHY = {
  NotAllowedError:
    "The browser does not let this page use the microphone. Allow it in the address bar's site settings, then try again. You can also write.",
  NotFoundError: "No microphone was found. Connect one and try again. You can also write.",
  NotReadableError:
    "The microphone cannot be opened. Another program may be using it. You can also write.",
  OverconstrainedError: "That microphone is not there any more. Choose another one.",
};

/** The microphone's stream. device: "" is the system's choice. Raises NoMicrophone. */
export async function openMicrophone(device) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new NoMicrophone(
      "Browsers give the microphone to secure pages only. Open this page by https, or on the server's own machine as localhost. You can also write.",
    );
  }
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  if (device) audio.deviceId = { exact: device };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new NoMicrophone(WHY[error.name] ?? `The microphone does not work: ${error.message}`);
  }
}

/** The devices of a kind, `audioinput` or `audiooutput`: [{id, label}]. */
export async function devicesOf(kind) {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return all
    .filter((device) => device.kind === kind && device.deviceId && device.deviceId !== "default")
    .map((device, place) => ({ id: device.deviceId, label: device.label || `Device ${place + 1}` }));
}

/** Whether the browser can play through a loudspeaker of choice. */
export function outputsCanBeChosen() {
  return "setSinkId" in AudioContext.prototype && "setSinkId" in HTMLMediaElement.prototype;
}
