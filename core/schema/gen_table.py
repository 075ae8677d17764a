#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn the bus schema's annotations into one C table, and strip them from the set protoc-gen-c compiles.

Usage: gen_table.py PROTOC INCLUDE_DIR OUT_STRIPPED OUT_C FILE.proto...
Must never hold a second list of fields: everything comes from the descriptors.
"""
import os
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2


def main() -> int:
    protoc, include, out_stripped, out_c = sys.argv[1:5]
    files = [os.path.join(include, os.path.basename(f)) for f in sys.argv[5:]]
    with tempfile.TemporaryDirectory() as tmp:
        fds_path = os.path.join(tmp, "set.pb")
        subprocess.check_call([protoc, "-I", include, "--include_imports",
                               "--descriptor_set_out=" + fds_path] + files)
        subprocess.check_call([protoc, "-I", include, "--python_out=" + tmp,
                               os.path.join(include, "options.proto")])
        sys.path.insert(0, tmp)
        os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")
        import options_pb2 as opt  # generated above
        raw = open(fds_path, "rb").read()
    full = descriptor_pb2.FileDescriptorSet.FromString(raw)

    verb_name = {0: "UNSPECIFIED", 1: "REPORT", 2: "QUERY", 3: "ANSWER"}
    verdict = {"": "POSTERN__VERDICT__VERDICT_STOP", "refer": "POSTERN__VERDICT__VERDICT_REFER",
               "stop": "POSTERN__VERDICT__VERDICT_STOP"}
    bodies, fields = [], []
    for f in full.file:
        if f.package != "postern":
            continue
        for m in f.message_type:
            for fd in m.field:
                o = fd.options
                if m.name == "Envelope" and fd.HasField("oneof_index"):
                    v = o.Extensions[opt.verb]
                    if v == 0:
                        sys.exit(f"{f.name}: Envelope.{fd.name} has no verb")
                    dl, dv = o.Extensions[opt.deadline_ms], o.Extensions[opt.default_verdict]
                    if v == 2 and (dl == 0 or dv not in ("refer", "stop")):
                        sys.exit(f"{f.name}: query Envelope.{fd.name} needs deadline_ms and a default of refer or stop")
                    bodies.append((fd.number, fd.name, verb_name[v], dl, verdict[dv],
                                   o.Extensions[opt.droppable]))
                fields.append((m.name, fd.name, o.Extensions[opt.personal], o.Extensions[opt.purpose]))

    with open(out_c, "w", encoding="utf-8") as out:
        out.write("/* Generated from the .proto files by gen_table.py. */\n"
                  '#include "schema/table.h"\n\n'
                  "const struct schema_body schema_bodies[] = {\n")
        for number, name, v, dl, dv, drop in sorted(bodies):
            out.write(f'\t{{ {number}, "{name}", SCHEMA_{v}, {dl}, {dv}, {"true" if drop else "false"} }},\n')
        out.write("};\nconst size_t schema_body_count = sizeof schema_bodies / sizeof schema_bodies[0];\n\n"
                  "const struct schema_field schema_fields[] = {\n")
        for msg, name, personal, purpose in fields:
            out.write(f'\t{{ "{msg}", "{name}", {"true" if personal else "false"}, {purpose} }},\n')
        out.write("};\nconst size_t schema_field_count = sizeof schema_fields / sizeof schema_fields[0];\n")

    keep = descriptor_pb2.FileDescriptorSet()
    for f in full.file:
        if f.package != "postern" or f.name == "options.proto":
            continue
        f.dependency[:] = [d for d in f.dependency if d != "options.proto"]
        for m in f.message_type:
            for fd in m.field:
                fd.ClearField("options")
        keep.file.append(f)
    with open(out_stripped, "wb") as out:
        out.write(keep.SerializeToString())
    return 0


if __name__ == "__main__":
    sys.exit(main())
