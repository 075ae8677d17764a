// SPDX-License-Identifier: Apache-2.0
// What is heard: tones, and the words where the browser can speak them. What is spoken always stands on the screen as well. Must never
// make the page fail where there is no sound.
let context: AudioContext | null = null;

export function play(tones: readonly number[]): void {
  if (tones.length === 0 || !('AudioContext' in window))
    return;
  context ??= new AudioContext();
  void context.resume();
  tones.forEach((hertz, i) => {
    if (context === null)
      return;
    const at = context.currentTime + i * 0.16;
    const tone = new OscillatorNode(context, { frequency: hertz });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setTargetAtTime(0.25, at, 0.01);
    volume.gain.setTargetAtTime(0, at + 0.1, 0.02);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  });
}

export function speak(text: string, voice: string): void {
  if (!('speechSynthesis' in window))
    return;
  speechSynthesis.cancel();
  const words = new SpeechSynthesisUtterance(text);
  words.lang = voice;
  words.rate = 0.95;
  speechSynthesis.speak(words);
}

export function hush(): void {
  if ('speechSynthesis' in window)
    speechSynthesis.cancel();
}
