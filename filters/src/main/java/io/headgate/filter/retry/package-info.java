/** Sends calls again that failed and do no harm twice, within a budget. */
@NullMarked
package io.headgate.filter.retry;

import org.jspecify.annotations.NullMarked;
