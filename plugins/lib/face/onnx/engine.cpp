/* SPDX-License-Identifier: Apache-2.0
 * A matcher of two ONNX files of the operator's, YuNet and SFace, run by OpenCV's own classes for them
 * (modules/objdetect: FaceDetectorYN, FaceRecognizerSF). Fills the slot of the matcher alone: faces are found and measured by
 * the reference engine, and YuNet finds in each the five points by which SFace aligns it. Must never let an exception out,
 * start a thread, nor run a file whose bytes are not those that model.json names.
 */
#include "face/onnx/engine.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <string>
#include <vector>

#include "base/err.h"

namespace {

const int side = 320;       /* of the square that YuNet sees */
const float least = 0.6F;   /* YuNet's certainty; a face has been found there already */
const float overlap = 0.3F; /* of two boxes of YuNet's that it takes for one face */
const float agreed = 0.2F;  /* least share of its box and the detector's, which have other margins */
const int feature = 128;

struct onnx {
	cv::Ptr<cv::FaceDetectorYN> detector;
	cv::Ptr<cv::FaceRecognizerSF> recogniser;
};

/* Of the folder, with the bytes that were verified: OpenCV 4.6 opens files by their path only. */
bool is_that_file(const std::string &path, const struct face_file &verified)
{
	std::unique_ptr<FILE, int (*)(FILE *)> f(std::fopen(path.c_str(), "rbe"), std::fclose);
	std::vector<uint8_t> bytes(verified.size + 1);
	return f != nullptr && std::fread(bytes.data(), 1, bytes.size(), f.get()) == verified.size &&
	       std::memcmp(bytes.data(), verified.bytes, verified.size) == 0;
}

/* "FOLDER/SLOT.onnx"; empty: there is none, or another than model.json's. */
std::string path_of(const struct face_opening *o, const char *slot)
{
	for (uint32_t i = 0; i < o->file_count; i++) {
		const std::string path = std::string(o->folder) + "/" + slot + ".onnx";
		if (std::strcmp(o->files[i].slot, slot) == 0)
			return is_that_file(path, o->files[i]) ? path : std::string();
	}
	return std::string();
}

/* A network that does not fit is found here, not before a traveller. */
void try_both(struct onnx &e)
{
	cv::Mat blank = cv::Mat::zeros(side, side, CV_8UC3), found, out;
	e.detector->detect(blank, found);
	e.recogniser->feature(cv::Mat::zeros(112, 112, CV_8UC3), out);
	if (out.total() != static_cast<size_t>(feature) || out.type() != CV_32F)
		CV_Error(cv::Error::StsUnmatchedSizes, "not SFace's output");
}

int onnx_open(const struct face_opening *o, void **self)
{
	*self = nullptr;
	try {
		const std::string yunet = o->folder != nullptr ? path_of(o, "yunet") : "";
		const std::string sface = o->folder != nullptr ? path_of(o, "sface") : "";
		if (yunet.empty() || sface.empty())
			return PN_ENOTFOUND;
		cv::setNumThreads(1);
		std::unique_ptr<onnx> e(new onnx);
		e->detector = cv::FaceDetectorYN::create(yunet, "", cv::Size(side, side), least, overlap);
		e->recogniser = cv::FaceRecognizerSF::create(sface, "");
		try_both(*e);
		*self = e.release();
		return PN_OK;
	} catch (const std::bad_alloc &) {
		return PN_ENOMEM;
	} catch (...) {
		return PN_EFORMAT;
	}
}

void onnx_close(void *self)
{
	delete static_cast<onnx *>(self);
}

struct wiped {
	cv::Mat m;
	~wiped()
	{
		if (!m.empty() && m.isContinuous())
			explicit_bzero(m.data, m.total() * m.elemSize());
	}
};

/* Twice the face's box, in the order of colours that OpenCV has. */
bool cut(const struct face_frame *frame, const struct face_found *face, cv::Rect &at, cv::Mat &out)
{
	const float width = face->box[2] - face->box[0], height = face->box[3] - face->box[1];
	const bool colour = frame->format == FACE_RGB24;
	if (!(width >= 1 && height >= 1) || !std::isfinite(width) || !std::isfinite(height) ||
		(!colour && frame->format != FACE_GREY8))
		return false;
	at = cv::Rect(cv::Point(static_cast<int>(face->box[0] - width / 2), static_cast<int>(face->box[1] - height / 2)),
		cv::Size(static_cast<int>(2 * width), static_cast<int>(2 * height)));
	at &= cv::Rect(0, 0, static_cast<int>(frame->width), static_cast<int>(frame->height));
	if (at.width < 8 || at.height < 8)
		return false;
	const cv::Mat whole(static_cast<int>(frame->height), static_cast<int>(frame->width), colour ? CV_8UC3 : CV_8UC1,
		const_cast<uint8_t *>(frame->pixels), frame->stride);
	cv::cvtColor(whole(at), out, colour ? cv::COLOR_RGB2BGR : cv::COLOR_GRAY2BGR);
	return true;
}

float shared(const cv::Rect2f &a, const cv::Rect2f &b)
{
	const float both = (a & b).area();
	return both > 0 ? both / (a.area() + b.area() - both) : 0;
}

/* YuNet's row of the face that was found, in the piece's pixels; empty: it sees none there. */
cv::Mat find_points(struct onnx &e, const cv::Mat &piece, const cv::Rect &at, const struct face_found *face)
{
	const float scale = static_cast<float>(side) / static_cast<float>(std::max(piece.cols, piece.rows));
	const cv::Rect2f wanted(face->box[0] - static_cast<float>(at.x), face->box[1] - static_cast<float>(at.y),
		face->box[2] - face->box[0], face->box[3] - face->box[1]);
	wiped square{cv::Mat::zeros(side, side, CV_8UC3)}, small;
	cv::Mat found, best;
	float most = agreed;
	cv::resize(piece, small.m, cv::Size(), scale, scale, cv::INTER_AREA);
	const cv::Rect room = cv::Rect(0, 0, small.m.cols, small.m.rows) & cv::Rect(0, 0, side, side);
	small.m(room).copyTo(square.m(room));
	e.detector->detect(square.m, found);
	for (int i = 0; i < found.rows; i++) {
		cv::Mat row = found.row(i).clone();
		row.colRange(0, 14) /= scale;
		const float *v = row.ptr<float>();
		const float like = shared(cv::Rect2f(v[0], v[1], v[2], v[3]), wanted);
		if (like > most) {
			most = like;
			best = row;
		}
	}
	return best;
}

/* The sum of the face's and its mirror image's, of length 1. */
bool embed(struct onnx &e, const cv::Mat &aligned, float out[feature])
{
	wiped mirrored, one, other;
	cv::Mat said;
	e.recogniser->feature(aligned, said);
	said.copyTo(one.m);
	cv::flip(aligned, mirrored.m, 1);
	e.recogniser->feature(mirrored.m, said);
	said.copyTo(other.m);
	one.m /= cv::norm(one.m);
	one.m += other.m / cv::norm(other.m);
	const double length = cv::norm(one.m);
	if (!std::isfinite(length) || length <= 0)
		return false;
	for (int i = 0; i < feature; i++)
		out[i] = static_cast<float>(one.m.at<float>(i) / length);
	return true;
}

int onnx_extract(void *self, const struct face_frame *frame, const struct face_found *face, uint8_t *templ, uint32_t *size)
{
	struct onnx &e = *static_cast<onnx *>(self);
	float v[feature];
	if (*size < sizeof v)
		return PN_ELIMIT;
	try {
		cv::Rect at;
		wiped piece, aligned;
		if (!cut(frame, face, at, piece.m))
			return PN_EINVAL;
		const cv::Mat row = find_points(e, piece.m, at, face);
		if (row.empty())
			return PN_ENOTFOUND;
		e.recogniser->alignCrop(piece.m, row, aligned.m);
		if (!embed(e, aligned.m, v))
			return PN_EFORMAT;
		std::memcpy(templ, v, sizeof v);
		*size = sizeof v;
		explicit_bzero(v, sizeof v);
		return PN_OK;
	} catch (const std::bad_alloc &) {
		return PN_ENOMEM;
	} catch (...) {
		return PN_EFORMAT;
	}
}

int onnx_fuse(void *self, const uint8_t *const *templates, uint32_t count, uint32_t size, uint8_t *out)
{
	float sum[feature] = {0}, v[feature];
	double length = 0;
	(void)self;
	if (count == 0 || size != sizeof v)
		return PN_EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		std::memcpy(v, templates[i], sizeof v);
		for (int k = 0; k < feature; k++)
			sum[k] += v[k];
	}
	for (float x : sum)
		length += static_cast<double>(x) * static_cast<double>(x);
	for (float &x : sum)
		x = length > 0 ? static_cast<float>(static_cast<double>(x) / std::sqrt(length)) : 0;
	std::memcpy(out, sum, sizeof sum);
	explicit_bzero(sum, sizeof sum);
	explicit_bzero(v, sizeof v);
	return PN_OK;
}

/* The cosine, as FaceRecognizerSF::match has it. */
int onnx_compare(void *self, const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size, float *score)
{
	float v[feature], w[feature];
	double sum = 0;
	(void)self;
	if (a_size != sizeof v || b_size != sizeof w)
		return PN_EINVAL;
	std::memcpy(v, a, sizeof v);
	std::memcpy(w, b, sizeof w);
	for (int i = 0; i < feature; i++)
		sum += static_cast<double>(v[i]) * static_cast<double>(w[i]);
	explicit_bzero(v, sizeof v);
	explicit_bzero(w, sizeof w);
	if (!std::isfinite(sum))
		return PN_EFORMAT;
	*score = static_cast<float>(sum);
	return PN_OK;
}

struct face_engine describe()
{
	struct face_engine e = {};
	e.struct_size = sizeof e;
	e.abi = FACE_ABI;
	e.vendor = "postern";
	e.name = "onnx";
	e.version = "1";
	e.template_format = "sface-mirror-sum";
	e.slots = FACE_MATCHER;
	e.template_max = feature * sizeof(float);
	e.open = onnx_open;
	e.close = onnx_close;
	e.extract = onnx_extract;
	e.fuse = onnx_fuse;
	e.compare = onnx_compare;
	return e;
}

} // namespace

const struct face_engine *face_onnx_engine(void)
{
	static const struct face_engine engine = describe();
	return &engine;
}
