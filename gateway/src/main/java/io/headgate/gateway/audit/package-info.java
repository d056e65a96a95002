/** The audit log on the command line: verifying, showing, searching and exporting it. */
@NullMarked
package io.headgate.gateway.audit;

import org.jspecify.annotations.NullMarked;
