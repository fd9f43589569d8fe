// The microphone and the devices, and what stands in the way of them in words.

/** Why there is no microphone. `words` say what to do. */
export class NoMicrophone extends Error {}

const WHY = {
  NotAllowedError:
    "The browser does not let this page use the microphone. Allow it in the site settings of the address bar and try again, or write instead.",
  NotFoundError: "No microphone was found. Connect one and try again, or write instead.",
  NotReadableError:
    "The microphone cannot be opened. Close other programs that use it and try again, or write instead.",
  OverconstrainedError: "That microphone was disconnected. Choose another one.",
};

/** The microphone's stream. device: "" is the system's choice. Raises NoMicrophone. */
export async function openMicrophone(device) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new NoMicrophone(
      "Browsers only allow the microphone on secure pages. Open this page over HTTPS, or as localhost on the server itself. You can also write.",
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
