/** Lets no more calls through to a server than it can work on, and keeps few waiting. */
@NullMarked
package io.headgate.filter.concurrency;

import org.jspecify.annotations.NullMarked;
