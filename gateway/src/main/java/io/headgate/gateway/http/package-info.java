/**
 * The front door: listens, frames, checks and bounds what comes in, and writes what goes out.
 *
 * <p>More than thirty files in one room: all of them share the state of a connection on its event loop, and a wall between
 * them would make that state public.
 */
@NullMarked
package io.headgate.gateway.http;

import org.jspecify.annotations.NullMarked;
