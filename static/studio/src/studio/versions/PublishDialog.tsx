/** Asks what changed and publishes; open while `panels.dialog` is "publish". */
export function PublishDialog() {
  return null;
}
