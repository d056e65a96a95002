/** Stops calling a server that fails, and tries it again after a while. */
@NullMarked
package io.headgate.filter.breaker;

import org.jspecify.annotations.NullMarked;
