package io.headgate.gateway.http;

import org.jspecify.annotations.Nullable;

/** Reads the two fields that say what a client sends and takes. */
final class MediaTypes {
    static final int JSON = 1;
    static final int EVENTS = 2;

    private static final String APPLICATION_JSON = "application/json";
    private static final String TEXT_EVENT_STREAM = "text/event-stream";

    private MediaTypes() {}

    /** Which of the two types one Accept field takes, as bits. */
    static int accepted(String accept) {
        if (accept.equals("application/json, text/event-stream")) {
            return JSON | EVENTS;
        }
        int bits = 0;
        int from = 0;
        while (from <= accept.length()) {
            int end = accept.indexOf(',', from);
            end = end < 0 ? accept.length() : end;
            bits |= acceptedByRange(accept, from, end);
            from = end + 1;
        }
        return bits;
    }

    private static int acceptedByRange(String accept, int from, int end) {
        int semicolon = accept.indexOf(';', from);
        if (semicolon < 0 || semicolon > end) {
            semicolon = end;
        } else if (isZeroWeight(accept, semicolon, end)) {
            return 0;
        }
        String range = accept.substring(from, semicolon).trim();
        if (range.equals("*/*")) {
            return JSON | EVENTS;
        }
        if (range.equalsIgnoreCase(APPLICATION_JSON) || range.equalsIgnoreCase("application/*")) {
            return JSON;
        }
        return range.equalsIgnoreCase(TEXT_EVENT_STREAM) || range.equalsIgnoreCase("text/*") ? EVENTS : 0;
    }

    /** True if one of the parameters after a range is {@code q} with the value zero, which means that it is not taken. */
    private static boolean isZeroWeight(String accept, int from, int end) {
        for (int start = from; start < end; start = accept.indexOf(';', start)) {
            start++;
            int next = accept.indexOf(';', start);
            String parameter =
                    accept.substring(start, next < 0 || next > end ? end : next).trim();
            if (parameter.regionMatches(true, 0, "q=", 0, 2)) {
                return isZero(parameter.substring(2).trim());
            }
            if (next < 0) {
                return false;
            }
        }
        return false;
    }

    /** Zero as the grammar of weights writes it: {@code 0}, {@code 0.}, {@code 0.000}. */
    private static boolean isZero(String weight) {
        if (!weight.startsWith("0")) {
            return false;
        }
        for (int i = 1; i < weight.length(); i++) {
            if (weight.charAt(i) != (i == 1 ? '.' : '0')) {
                return false;
            }
        }
        return true;
    }

    /** What is wrong with a Content-Type, or null if it is JSON in UTF-8. */
    static @Nullable Rejection refuseContentType(@Nullable String contentType) {
        if (contentType == null) {
            return Rejection.CONTENT_TYPE;
        }
        if (contentType.equals(APPLICATION_JSON)) {
            return null;
        }
        int semicolon = contentType.indexOf(';');
        String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        if (!type.trim().equalsIgnoreCase(APPLICATION_JSON)) {
            return Rejection.CONTENT_TYPE;
        }
        while (semicolon >= 0) {
            int end = contentType.indexOf(';', semicolon + 1);
            String parameter = contentType
                    .substring(semicolon + 1, end < 0 ? contentType.length() : end)
                    .trim();
            if (parameter.regionMatches(true, 0, "charset=", 0, 8) && !isUtf8(parameter.substring(8))) {
                return Rejection.CHARSET;
            }
            semicolon = end;
        }
        return null;
    }

    private static boolean isUtf8(String charset) {
        return charset.equalsIgnoreCase("utf-8") || charset.equalsIgnoreCase("\"utf-8\"");
    }
}
