using Amazon;
using TaskQ.Sqs.Transport;

namespace TaskQ.Sqs.Tests.Transport;

public sealed class EndpointTests
{
    [Theory]
    [InlineData("eu-central-1", false, false, "https://sqs.eu-central-1.amazonaws.com/")]
    [InlineData("us-east-1", true, false, "https://sqs-fips.us-east-1.amazonaws.com/")]
    [InlineData("eu-central-1", false, true, "https://sqs.eu-central-1.api.aws/")]
    [InlineData("cn-north-1", false, false, "https://sqs.cn-north-1.amazonaws.com.cn/")]
    [InlineData("cn-north-1", false, true, "https://sqs.cn-north-1.api.amazonwebservices.com.cn/")]
    [InlineData("us-gov-west-1", false, false, "https://sqs.us-gov-west-1.amazonaws.com/")]
    public void ResolveEndpoint_OfRegion_IsItsHost(string region, bool fips, bool dualStack, string url)
    {
        var config = new SqsClientConfig
        {
            RegionEndpoint = RegionEndpoint.GetBySystemName(region),
            UseFIPSEndpoint = fips,
            UseDualstackEndpoint = dualStack,
            IgnoreConfiguredEndpointUrls = true,
        };

        Assert.Equal(url, config.EndpointProvider.ResolveEndpoint(new()).URL);
    }
}
