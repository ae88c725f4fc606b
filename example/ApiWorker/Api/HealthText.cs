using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ApiWorker.Api;

/// <summary>The body of <c>GET /health</c>.</summary>
internal static class HealthText
{
    public static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(new
    {
        status = report.Status.ToString(),
        checks = report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new { status = entry.Value.Status.ToString(), entry.Value.Description, entry.Value.Data }),
    });
}
