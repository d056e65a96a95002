/** Refuses calls while too many others run. */
@NullMarked
package io.headgate.filter.inflight;

import org.jspecify.annotations.NullMarked;
