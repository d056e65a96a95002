/** The front door: listens, frames, checks and bounds what comes in, and writes what goes out. */
@NullMarked
package io.headgate.gateway.http;

import org.jspecify.annotations.NullMarked;
