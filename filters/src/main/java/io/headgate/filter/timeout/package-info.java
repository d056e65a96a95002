/** Ends calls whose upstream says nothing for too long. */
@NullMarked
package io.headgate.filter.timeout;

import org.jspecify.annotations.NullMarked;
