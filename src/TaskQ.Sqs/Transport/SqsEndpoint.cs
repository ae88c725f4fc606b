using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace TaskQ.Sqs.Transport;

/// <summary>Where SQS is: the configured URL, or the one of the region.</summary>
/// <remarks>https://docs.aws.amazon.com/general/latest/gr/sqs-service.html</remarks>
internal sealed class SqsEndpoint(IClientConfig config) : IEndpointProvider
{
    public Endpoint ResolveEndpoint(EndpointParameters parameters)
    {
        // In this order: to read the region after the URL would drop a URL that the environment or a profile gives.
        RegionEndpoint? region = config.RegionEndpoint;
        if (config.ServiceURL is { } url)
        {
            return new Endpoint(url);
        }

        string service = config.UseFIPSEndpoint ? "sqs-fips" : "sqs";
        string domain = config.UseDualstackEndpoint ? DualStackDomain(region) : region.PartitionDnsSuffix;
        return new Endpoint($"https://{service}.{region.SystemName}.{domain}/");
    }

    private static string DualStackDomain(RegionEndpoint region) => region.PartitionName == "aws-cn" ? "api.amazonwebservices.com.cn" : "api.aws";
}
