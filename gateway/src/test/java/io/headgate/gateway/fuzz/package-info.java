/** What the fuzz targets share; each target stands beside what it fuzzes. */
@NullMarked
package io.headgate.gateway.fuzz;

import org.jspecify.annotations.NullMarked;
