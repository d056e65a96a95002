/** Tells who calls, and lets nobody in who does not show it. */
@NullMarked
package io.headgate.filter.identity;

import org.jspecify.annotations.NullMarked;
