/** What is written to a server and read from it: requests, the heads of answers, messages, server-sent events. */
@NullMarked
package io.headgate.gateway.upstream.wire;

import org.jspecify.annotations.NullMarked;
