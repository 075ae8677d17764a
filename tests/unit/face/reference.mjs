// SPDX-License-Identifier: Apache-2.0
// Made tests/unit/face/reference.inc: node reference.mjs FACE-API HUMAN > reference.inc, both the unpacked packages of
// plugins/lib/face/models/pins.json. What the networks give on a pattern, by TensorFlow.js as those packages bring it, on its plain
// processor backend, through face-api's own layers and human's own graphs. Must never call anything of this tree.
import fs from 'fs';
import path from 'path';
const [faceApi, human] = process.argv.slice(2).map((f) => path.resolve(f));
Object.defineProperty(process, 'versions', { value: {} }); // as in a browser: no module of node's is bundled
const platform = { now: () => performance.now(), encode: (t) => new TextEncoder().encode(t), decode: (b) => new TextDecoder().decode(b),
  isTypedArray: (a) => ArrayBuffer.isView(a), fetch };
const bytes = (f) => { const b = fs.readFileSync(f); return b.buffer.slice(b.byteOffset, b.byteOffset + b.length); };
const begin = async (tf) => { tf.env().setPlatform('here', platform); await tf.setBackend('cpu'); await tf.ready(); };
const pattern = (n) => Float32Array.from({ length: n }, (_, i) => ((i * 7919) % 256) / 255 - 0.5);
const print = (name, values) => console.log(`static const float ${name}[] = {${Array.from(values).map((v) => v.toPrecision(7)).join(', ')}};`
  .replace(/(.{80,130}?,) /g, '$1\n\t'));
console.log('/* SPDX-License-Identifier: Apache-2.0\n * Made by reference.mjs, with TensorFlow.js. Must never be made with this tree. */');

const tf = await import(path.join(human, 'dist/tfjs.esm.js'));
await begin(tf);
for (const [name, side, outputs] of [['blazeface', 256, ['Identity', 'Identity_1', 'Identity_2', 'Identity_3']], ['facemesh', 192, ['Identity_2', 'Identity_1']]]) {
  const graph = JSON.parse(fs.readFileSync(path.join(human, `models/${name}.json`)));
  const model = await tf.loadGraphModel({ load: async () => ({ modelTopology: graph.modelTopology, weightSpecs: graph.weightsManifest[0].weights,
    weightData: bytes(path.join(human, `models/${name}.bin`)), signature: graph.signature }) });
  const found = model.execute(tf.tensor4d(pattern(side * side * 3), [1, side, side, 3]), outputs);
  // every 61st value of each output
  found.forEach((t, i) => print(`${name}_${i}`, t.dataSync().filter((_, k) => k % 61 === 0)));
}

const face = await import(path.join(faceApi, 'dist/face-api.esm.js'));
await begin(face.tf);
const manifest = JSON.parse(fs.readFileSync(path.join(faceApi, 'model/face_recognition_model-weights_manifest.json')));
const net = new face.FaceRecognitionNet();
net.loadFromWeightMap(face.tf.io.decodeWeights(bytes(path.join(faceApi, 'model/face_recognition_model.bin')), manifest[0].weights));
const mean = [122.782, 117.001, 104.298]; // it takes 0 to 255, subtracts this and divides by 255: undone beforehand
const pixels = pattern(150 * 150 * 3).map((v, i) => v * 255 + mean[i % 3]);
const input = face.tf.tensor4d(pixels, [1, 150, 150, 3]);
print('dlib29_0', net.forwardInput({ toBatchTensor: () => input }).dataSync());
