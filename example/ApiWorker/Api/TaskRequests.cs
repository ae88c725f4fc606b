using System.ComponentModel.DataAnnotations;

namespace ApiWorker.Api;

// The bodies of POST /tasks/NAME. What is required is nullable, so that everything that is missing is told at once.

internal sealed record ThumbnailRequest(
    [property: Required, StringLength(200)] string? File,
    [property: Required, Range(1, 100_000)] int? Width,
    [property: Required, Range(1, 100_000)] int? Height,
    [property: Required, Range(1, 2048)] int? Size);

internal sealed record EmailRequest(
    [property: Required, EmailAddress, StringLength(254)] string? To,
    [property: Required, StringLength(200)] string? Subject);

internal sealed record ChargeRequest(
    [property: Required, StringLength(100)] string? Customer,
    [property: Required, Range(0.01, 1_000_000)] decimal? Amount);

internal sealed record ImportRequest([property: Required, Url] Uri? List);

internal sealed record ReportRequest([property: Required, StringLength(100)] string? Shop);

internal sealed record LocateRequest([property: Required, StringLength(500)] string? Address);
